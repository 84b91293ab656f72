import type { HandlerServer, RequestHandlerClass } from "../types.ts";
import type { Executor } from "./executor.ts";
import { ExecutorHolder } from "./executor_holder.ts";
import { LocalExecutor } from "./local_executor.ts";
import {
  checkedTimeout,
  checkServeOptions,
  durationIn,
  limitIn,
} from "./option_checks.ts";
import { RequestLifecycle } from "./request_lifecycle.ts";
import { ServeLoop } from "./serve_loop.ts";
import { closeServer } from "./server_close.ts";
import { ServerFields } from "./server_fields.ts";
import type {
  ServeForeverOptions,
  ServerOptions,
  ServerStats,
} from "./server_options.ts";
import { isCalledBy } from "./serving_context.ts";

/**
 * The life of a server and of its requests, whatever the requests are made of.
 *
 * A server takes requests; its executor has their handlers run: here, on
 * threads, or in processes. A subclass says how to bind, get and close, which
 * is all that differs between TCP, UDP and Unix sockets. See the front page of
 * the module for the order in which the methods call each other; it is
 * Python's.
 *
 * `serveForever()`, `handleRequest()`, `shutdown()` and `serverClose()` are for
 * the caller. {@linkcode ServerHooks} has the hooks, which may be overridden.
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
> extends ServerFields<Request, Address>
  implements HandlerServer, AsyncDisposable {
  readonly #lifecycle: RequestLifecycle<Request>;
  readonly #loop: ServeLoop<Request>;
  readonly #executor: ExecutorHolder = new ExecutorHolder({
    createExecutor: () => this.createExecutor(),
    isNeeded: () => this.finishRequest === BaseServer.prototype.finishRequest,
  });
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
    RequestHandlerClass: RequestHandlerClass<Request, Address>,
    options?: ServerOptions | null,
  ) {
    super(serverAddress, RequestHandlerClass, options);
    this.#lifecycle = new RequestLifecycle(this, {
      executor: () => this.#executor.made,
      maxRequestsPerClient: () => limitIn(this.maxRequestsPerClient),
      requestTimeout: () => durationIn(this.requestTimeout),
    });
    this.#loop = new ServeLoop(this, {
      start: () => this.#executor.start(),
      whenFree: (taken) => this.#executor.needed.whenFree(taken),
      rest: (soonAgain) => this.#executor.made?.rest(soonAgain),
      keepAlive: (program) => this.keepAlive(program),
      isListenerGone: (error) => this.isListenerGone(error),
      requestTaken: () => this.requestTaken(),
      releaseUntaken: () => this.releaseUntaken(),
      handlesBesideLoop: () => this.handlesBesideLoop,
      repliesByListener: () => this.repliesByListener,
      maxActiveRequests: () => limitIn(this.maxActiveRequests),
      drainTimeout: () => durationIn(this.drainTimeout),
    }, this.#lifecycle);
  }

  /** The requests being handled now. */
  get activeRequests(): Request[] {
    return this.#lifecycle.active.requests;
  }

  /**
   * What the server has counted since it was made: a snapshot.
   */
  get stats(): ServerStats {
    const waiting = this.#executor.made?.waiting ?? 0;
    return { ...this.#lifecycle.active.counts, waiting };
  }

  /**
   * The signal of a request that is being handled, made when it is first asked
   * for: what a handler finds in its own `signal`.
   *
   * @param request The request, as `getRequest()` gave it out; of one that the
   * server does not know the signal is never aborted.
   */
  requestSignal(request: unknown): AbortSignal {
    return this.#lifecycle.signals.of(request);
  }

  // Methods for the caller.

  /**
   * Handles requests until it is told to stop.
   *
   * It waits without polling. Out of file descriptors or memory, it pauses for
   * 5 ms, doubling up to 1 s, and goes on. The socket stays open afterwards,
   * and the server can serve again.
   *
   * @param options When to stop, and how often to call `serviceActions()`.
   * @returns A promise that resolves after `shutdown()`, `serverClose()` or
   * the abortion of the signal, when the last request that the loop itself
   * handled has ended. Requests handled beside the loop may go on.
   * @throws {Deno.errors.Busy} If the server is serving already.
   * @throws {Deno.errors.BadResource} If the server has been closed.
   * @throws {HandlerNotFoundError} If handlers run elsewhere and theirs cannot
   * be found, unless `finishRequest()` is overridden.
   * @throws {unknown} What `getRequest()` throws, if it says that the socket is
   * no more; see `isListenerGone()`.
   */
  async serveForever(options: ServeForeverOptions = {}): Promise<void> {
    checkServeOptions(options);
    this.#checkOpen();
    // A hook that nobody overrides costs neither a timer nor a call per request.
    const paced = this.serviceActions !== BaseServer.prototype.serviceActions;
    await this.#loop.run(options ?? {}, paced);
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
   * @throws {unknown} What `serveForever()` throws, and what `handleTimeout()`
   * throws; `Deno.errors.BadResource` also if somebody else has closed the
   * socket, where `serveForever()` resolves.
   */
  async handleRequest(): Promise<void> {
    this.#checkOpen();
    await this.#loop.runOnce(checkedTimeout(this.timeout));
  }

  /**
   * Stops {@linkcode BaseServer.serveForever}.
   *
   * The socket stays open: clients can still connect, and wait until the
   * server serves again or is closed. Requests handled beside the loop go on,
   * and connections that wait already join them; but one that waits for a thread
   * or a child process is closed if its client has sent nothing, also where the
   * server was to speak first. A request that the loop itself handles is closed
   * after `drainTimeout`. It may be called from anywhere, any number of times, and
   * before any `serveForever()` it changes nothing.
   *
   * @returns A promise that resolves when `serveForever()` has come to its
   * end. Called by a handler or another hook, it resolves at once, as that end
   * may depend on its caller.
   */
  async shutdown(): Promise<void> {
    const ended = this.#loop.stop();
    if (!isCalledBy(this)) await ended;
  }

  /**
   * Stops serving and releases the socket.
   *
   * First the socket is closed, so that no client can connect any more; a
   * datagram server's only after the last replies, which leave through it. Then,
   * if `blockOnClose` is set, it waits until the requests being handled have
   * ended, also connections that waited already (but see `shutdown()`), at most
   * `drainTimeout` seconds, and closes those that have not; their handlers have a
   * moment more for their `finally` blocks. Without `blockOnClose` they are left to
   * end by themselves. At last threads and child processes are ended. It may be
   * called from anywhere and any number of times.
   *
   * @returns A promise that resolves when all of this is done. Called by a
   * handler or another hook, it resolves at once, as it would wait for its
   * caller.
   */
  serverClose(): Promise<void> {
    this.#closed ??= closeServer({
      blockOnClose: this.blockOnClose,
      drainTimeout: durationIn(this.drainTimeout),
      repliesByListener: this.repliesByListener,
      loop: this.#loop,
      lifecycle: this.#lifecycle,
      executor: () => this.#executor.made,
      closeListener: () => this.closeListener(),
      keepAlive: (program) => this.keepAlive(program),
      report: (error) => this.#lifecycle.ending.reportApart(error),
    });
    if (!isCalledBy(this)) return this.#closed;
    this.#closed.catch((error) => this.#lifecycle.ending.reportApart(error));
    return Promise.resolve();
  }

  /** Calls `serverClose()`, at the end of an `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.serverClose();
  }

  // What mixins and subclasses build on.

  /**
   * Has a handler made and run, by default where the server's class says: here,
   * on a thread, in a process. Called by `processRequest()`, or by what a mixin
   * calls in its place, such as `processRequestThread()`.
   *
   * An override that makes its handler itself, to give it further arguments,
   * runs it here, in the server's own isolate, whatever the class. Handlers
   * elsewhere get what they need through the `data` option; handlers here find
   * every field of the server in `this.server`. As an override may need no
   * handler elsewhere, one that cannot be found does not keep the server from
   * serving: `handleError()` is told with the first request that needs it.
   */
  override finishRequest(
    request: Request,
    clientAddress: Deno.Addr,
  ): void | Promise<void> {
    return this.#executor.needed.run(request, clientAddress);
  }

  /**
   * May be overridden by a mixin. Makes what runs the handlers. Called once, when
   * the server first serves, or is first asked to run a handler; what it throws
   * goes to that call.
   */
  protected createExecutor(): Executor {
    return new LocalExecutor(this);
  }

  /**
   * Works on a request beside the loop: for a `processRequest()` that must not
   * keep the server from taking the next request. `work` is called at once, as a
   * method of the server; what it throws goes to `handleError()`. At the end the
   * request is shut down. `serverClose()` waits for it.
   */
  protected detachRequest(
    request: Request,
    clientAddress: Deno.Addr,
    work: BaseServer<Request, Address>["finishRequest"] = this.finishRequest,
  ): void {
    this.#lifecycle.detach(request, clientAddress, work);
  }

  /**
   * Takes a place for a client that is no request and holds a descriptor in spite
   * of the server: it counts in `maxActiveRequests` and `maxRequestsPerClient`.
   *
   * @returns What gives the place back.
   */
  protected holdPlace(clientAddress: Deno.Addr): () => void {
    return this.#lifecycle.hold(clientAddress);
  }

  /** Closes a request when `work` has ended; it is active until then. */
  protected closeAfter(request: Request, work: Promise<void>): void {
    this.#lifecycle.ending.closeAfter(request, work);
  }

  /** Calls `handleError()`, and never throws. */
  protected reportError(
    error: unknown,
    request: Request | undefined,
    clientAddress: Deno.Addr | undefined,
  ): Promise<void> {
    return this.#lifecycle.ending.report(error, request, clientAddress);
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

  /** A loop that waits for room asks again. */
  protected override limitChanged(): void {
    this.#lifecycle.active.noteLimit();
  }

  #checkOpen(): void {
    if (this.#closed === null) return;
    throw new Deno.errors.BadResource(
      "Cannot handle requests as the server is closed",
    );
  }
}
