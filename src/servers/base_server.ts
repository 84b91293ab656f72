import { deadline } from "@std/async/deadline";
import { isHandlerClass, runHandler } from "../handlers/run_handler.ts";
import { toMilliseconds } from "../streams/time_limit.ts";
import type { HandlerServer, RequestHandlerClass } from "../types.ts";
import { printRequestError } from "./error_report.ts";
import { checkNotImporting } from "../import_guard.ts";
import { checkDurations } from "./option_checks.ts";
import { RequestLifecycle } from "./request_lifecycle.ts";
import { ServeLoop } from "./serve_loop.ts";
import type { ServeForeverOptions, ServerOptions } from "./server_options.ts";
import { isCalledBy } from "./serving_context.ts";

/** How long handlers may still take after `drainTimeout`, in milliseconds. */
const LAST_GRACE_MS = 250;

/**
 * The life of a server and of its requests, whatever the requests are made of.
 *
 * A subclass says how to bind, get and close: that is all that differs between
 * TCP, UDP and Unix sockets. See the front page of the module for the order in
 * which the methods call each other; it is Python's.
 *
 * Methods for the caller: `serveForever()`, `handleRequest()`, `shutdown()`,
 * `serverClose()`. All the others are hooks: they may be overridden, and may
 * be asynchronous, except `serverBind()` and `serverActivate()`, which the
 * constructor calls. As JavaScript sets a subclass's fields after that, these
 * two cannot use such fields; pass `bindAndActivate: false` where they must.
 *
 * @typeParam Request What `getRequest()` yields, and handlers are given.
 * @typeParam Address What the server is bound to.
 *
 * @example A server of one's own
 * ```ts
 * import { BaseServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class QueueServer extends BaseServer<string, Deno.UnixAddr> {
 *   readonly queue = ["first", "second"];
 *   override getRequest(): [string, Deno.UnixAddr] {
 *     return [this.queue.shift()!, this.serverAddress];
 *   }
 * }
 *
 * const handled: string[] = [];
 * const address = { transport: "unix", path: "queue" } as const;
 * const server = new QueueServer(address, (request) => handled.push(request));
 * await server.handleRequest();
 * await server.handleRequest();
 * assertEquals(handled, ["first", "second"]);
 * ```
 */
export abstract class BaseServer<
  Request = unknown,
  Address extends Deno.Addr = Deno.Addr,
> implements HandlerServer, AsyncDisposable {
  /** The handler class, or the function, that the server was given. */
  readonly RequestHandlerClass: RequestHandlerClass<Request>;
  /** Where the server listens: after binding, with the real port. */
  serverAddress: Address;
  /**
   * The longest wait of `handleRequest()`, in seconds; `null` for ever.
   *
   * @default {null}
   */
  timeout: number | null;
  /**
   * Whether `serverClose()` waits for the requests being handled.
   *
   * @default {true}
   */
  blockOnClose: boolean;
  /**
   * The longest wait of `serverClose()`, in seconds; `null` for ever.
   *
   * @default {null}
   */
  drainTimeout: number | null;
  /** What the `data` option held. */
  readonly data: unknown;

  readonly #lifecycle: RequestLifecycle<Request>;
  readonly #loop: ServeLoop<Request>;
  #closed: Promise<void> | null = null;

  /**
   * Creates an instance, which is bound to nothing yet.
   *
   * @param serverAddress Where to listen.
   * @param RequestHandlerClass What handles the requests.
   * @param options Further options.
   * @throws {TypeError} If `RequestHandlerClass` cannot handle requests, or an
   * option has the wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(
    serverAddress: Address,
    RequestHandlerClass: RequestHandlerClass<Request>,
    options: ServerOptions = {},
  ) {
    checkNotImporting();
    if (!isHandlerClass(RequestHandlerClass)) {
      throw new TypeError(
        `Cannot create the server as RequestHandlerClass must be a handler class or a function: current value is ${
          Deno.inspect(RequestHandlerClass)
        }`,
      );
    }
    const { timeout, drainTimeout } = options;
    checkDurations({ timeout, drainTimeout });
    this.serverAddress = serverAddress;
    this.RequestHandlerClass = RequestHandlerClass;
    this.timeout = timeout ?? null;
    this.blockOnClose = options.blockOnClose ?? true;
    this.drainTimeout = drainTimeout ?? null;
    this.data = options.data;
    this.#lifecycle = new RequestLifecycle(this);
    this.#loop = new ServeLoop(this, this.#lifecycle);
  }

  /** The requests being handled now. */
  get activeRequests(): Request[] {
    return this.#lifecycle.active;
  }

  // Methods for the caller.

  /**
   * Handles requests until it is told to stop.
   *
   * It waits without polling. What a hook throws for one request goes to
   * `handleError()` and does not end the loop. Out of file descriptors or
   * memory, it pauses for 5 ms, doubling up to 1 s, and goes on. The socket
   * stays open afterwards, and the server can serve again.
   *
   * @param options When to stop, and how often to call `serviceActions()`.
   * @returns A promise that resolves after `shutdown()`, `serverClose()` or
   * the abortion of the signal, when the last request that the loop itself
   * handled has ended. Requests handled beside the loop may go on.
   * @throws {Deno.errors.Busy} If the server is serving already.
   * @throws {Deno.errors.BadResource} If the server has been closed.
   * @throws {unknown} What `getRequest()` throws, if it is neither a client's
   * doing nor a lack of resources.
   */
  async serveForever(options: ServeForeverOptions = {}): Promise<void> {
    this.#checkOpen();
    // A timer and a call for every request, for a hook that nobody uses?
    const paced = this.serviceActions !== BaseServer.prototype.serviceActions;
    await this.#loop.run(options, paced);
  }

  /**
   * Handles one request, or gives up after `timeout` seconds.
   *
   * A program that waits for other things as well can call it in a loop of its
   * own. `shutdown()` does not interrupt it; `serverClose()` does. A client's
   * fault while connecting counts as a request, as in Python.
   *
   * @returns A promise that resolves when the request has been handled, or
   * handed on, or after `handleTimeout()`.
   * @throws {Deno.errors.Busy} If the server is serving already.
   * @throws {Deno.errors.BadResource} If the server has been closed.
   * @throws {unknown} What `handleTimeout()` throws, and what `getRequest()`
   * throws, if it is neither a client's doing nor a lack of resources.
   */
  async handleRequest(): Promise<void> {
    this.#checkOpen();
    await this.#loop.runOnce();
  }

  /**
   * Stops {@linkcode BaseServer.serveForever}.
   *
   * The socket stays open: clients can still connect, and wait until the
   * server serves again or is closed. Requests handled beside the loop go on.
   * It may be called from anywhere and any number of times, and before any
   * `serveForever()` it changes nothing.
   *
   * @returns A promise that resolves when `serveForever()` has come to its
   * end; called by a handler or another hook, on which that end may depend, at
   * once.
   */
  async shutdown(): Promise<void> {
    const ended = this.#loop.stop();
    if (!isCalledBy(this)) await ended;
  }

  /**
   * Stops serving and releases the socket.
   *
   * First the socket is closed, so that no client can connect any more. Then,
   * if `blockOnClose` is set, it waits until the requests being handled have
   * ended, at most `drainTimeout` seconds, and closes those that have not;
   * their handlers have a moment more for their `finally` blocks. Without
   * `blockOnClose` they are left to end by themselves. It may be called from
   * anywhere and any number of times.
   *
   * @returns A promise that resolves when all of this is done; called by a
   * handler or another hook, which is one of those waited for, at once.
   */
  serverClose(): Promise<void> {
    this.#closed ??= this.#close();
    if (!isCalledBy(this)) return this.#closed;
    this.#closed.catch((error) => this.#reportOwn(error));
    return Promise.resolve();
  }

  /** Calls `serverClose()`, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.serverClose();
  }

  // Hooks.

  /** May be overridden. Called by the constructor; binds the socket. */
  serverBind(): void {}

  /** May be overridden. Called after `serverBind()`; does nothing. */
  serverActivate(): void {}

  /**
   * To be overridden: waits for a request. One call is under way at a time.
   *
   * @returns The request, and where it came from.
   */
  abstract getRequest():
    | readonly [Request, Deno.Addr]
    | Promise<readonly [Request, Deno.Addr]>;

  /**
   * May be overridden. Called with each request before it is processed.
   *
   * @returns Whether to process the request. If not, it is shut down.
   */
  verifyRequest(
    _request: Request,
    _clientAddress: Deno.Addr,
  ): boolean | Promise<boolean> {
    return true;
  }

  /**
   * May be overridden, as the mixins do. Called with each verified request;
   * while it waits, the server takes no other. Calls `finishRequest()` and
   * `shutdownRequest()`.
   */
  processRequest(
    request: Request,
    clientAddress: Deno.Addr,
  ): void | Promise<void> {
    const finished = this.finishRequest(request, clientAddress);
    if (finished === undefined) return this.shutdownRequest(request);
    return finished.then(() => this.shutdownRequest(request));
  }

  /**
   * May be overridden, for instance to give handlers further arguments. Makes
   * a handler and runs it.
   */
  finishRequest(
    request: Request,
    clientAddress: Deno.Addr,
  ): void | Promise<void> {
    return runHandler(this.RequestHandlerClass, request, clientAddress, this);
  }

  /**
   * May be overridden. Called when a request has been handled, or refused, to
   * end it politely. Calls `closeRequest()`.
   */
  shutdownRequest(request: Request): void | Promise<void> {
    return this.closeRequest(request);
  }

  /** May be overridden. Releases a request; does nothing by default. */
  closeRequest(_request: Request): void | Promise<void> {}

  /**
   * May be overridden. Called with whatever a handler or a hook threw; the
   * request is still open, and is shut down afterwards.
   *
   * By default it prints the error to standard error: one line if the client
   * has gone or has been too slow, a stack otherwise. What it throws itself is
   * printed to standard error too.
   *
   * @param error What was thrown.
   * @param request The request; `undefined` if the error belongs to none, or it
   * is not known to which: an error of `serviceActions()`, of a thread that
   * could not start, or a rejection that no handler elsewhere has handled.
   * @param clientAddress Where the request came from; `undefined` likewise.
   */
  handleError(
    error: unknown,
    _request: Request | undefined,
    clientAddress: Deno.Addr | undefined,
  ): void | Promise<void> {
    printRequestError(error, clientAddress);
  }

  /** May be overridden. Called when `handleRequest()` has timed out. */
  handleTimeout(): void | Promise<void> {}

  /**
   * May be overridden. Called by `serveForever()` after every request, and
   * every `pollInterval` seconds while none comes.
   */
  serviceActions(): void | Promise<void> {}

  /**
   * May be overridden. Called when `serveForever()` or `handleRequest()`
   * begins, before it waits for a request; what it throws rejects them.
   */
  prepareToServe(): void | Promise<void> {}

  /**
   * May be overridden. Called before each wait for a request.
   *
   * @returns `null` to go on at once, or a promise that holds the server back.
   */
  whenReady(): Promise<void> | null {
    return null;
  }

  /** May be overridden. Called when `serveForever()` has ended. */
  servingEnded(): void {}

  /**
   * May be overridden. Called when `serverClose()` has waited for
   * `drainTimeout`, before it closes the requests that are left.
   */
  drainTimedOut(): void {}

  /**
   * May be overridden. Called when `serverClose()` has closed the socket and
   * waited for the requests, to release what else the server has.
   */
  serverClosed(): void | Promise<void> {}

  /** May be overridden. Lets the open socket keep the program alive. */
  ref(): void {}

  /**
   * May be overridden. Called when the server stops waiting for requests, so
   * that the open socket alone does not keep the program alive.
   */
  unref(): void {}

  // For mixins and subclasses.

  /**
   * Works on a request beside the loop: for a `processRequest()` that must not
   * keep the server from taking the next request.
   *
   * What `work` throws goes to `handleError()`; at the end the request is shut
   * down. `serverClose()` waits for it.
   *
   * @param request The request.
   * @param clientAddress Where it came from.
   * @param work Called at once.
   */
  detachRequest(
    request: Request,
    clientAddress: Deno.Addr,
    work: () => void | Promise<void>,
  ): void {
    this.#lifecycle.detach(request, clientAddress, work);
  }

  /**
   * Calls `handleError()`, of which nothing escapes.
   *
   * @param error What was thrown.
   * @param request The request; `undefined` if the error belongs to none.
   * @param clientAddress Where the request came from; `undefined` likewise.
   * @returns A promise that resolves when `handleError()` has ended.
   */
  reportError(
    error: unknown,
    request: Request | undefined,
    clientAddress: Deno.Addr | undefined,
  ): Promise<void> {
    return this.#lifecycle.report(error, request, clientAddress);
  }

  /**
   * Calls `serverBind()` and `serverActivate()`, and closes the server if one
   * of them throws: for the constructor of a subclass.
   */
  protected bindAndActivate(): void {
    try {
      this.serverBind();
      this.serverActivate();
    } catch (error) {
      this.serverClose().catch(() => {}); // the cause counts
      throw error;
    }
  }

  /**
   * Releases what the platform holds of a request, whatever becomes of
   * `closeRequest()`: for a subclass whose requests hold something.
   */
  abandonRequest(_request: Request): void {}

  #checkOpen(): void {
    if (this.#closed === null) return;
    throw new Deno.errors.BadResource(
      "Cannot handle requests as the server is closed",
    );
  }

  async #close(): Promise<void> {
    const drained = this.#loop.close().then(() => this.#lifecycle.drained());
    if (!this.blockOnClose) {
      drained.then(() => this.serverClosed())
        .catch((error) => this.#reportOwn(error));
      return;
    }
    if (this.drainTimeout === null) {
      await drained;
      return await this.serverClosed();
    }
    const limit = toMilliseconds(this.drainTimeout);
    if (await isInTime(drained, limit)) return await this.serverClosed();
    this.drainTimedOut();
    await this.#lifecycle.closeRemaining();
    this.#loop.abandon();
    // Most handlers end now that they have nothing to read from or write to.
    const ended = await isInTime(drained, LAST_GRACE_MS);
    await this.serverClosed();
    // The others may be ended by that, if they run elsewhere.
    if (!ended) await isInTime(drained, LAST_GRACE_MS);
  }

  /** Reports an error of which there is nobody else to tell. */
  #reportOwn(error: unknown): Promise<void> {
    return this.reportError(error, undefined, undefined);
  }
}

function isInTime(promise: Promise<void>, limit: number): Promise<boolean> {
  return deadline(promise, limit).then(() => true, () => false);
}
