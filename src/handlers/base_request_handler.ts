import type { HandlerServer, RequestHandler } from "../types.ts";
import { watchForLoss } from "../streams/loss_listeners.ts";
import { requestSignal } from "./request_signal.ts";

/**
 * Handles one request: the base of all handlers.
 *
 * The server makes an instance for each request and calls its
 * {@linkcode BaseRequestHandler.run}. Override `handle()`, and `setup()` and
 * `finish()` where something must be done before and after it.
 *
 * In Python the constructor does all of this. Here a constructor cannot wait,
 * so the work has a method of its own.
 *
 * @typeParam Request What the server hands out: a `StreamRequest`, a
 * `DatagramRequest`, or what an overridden `getRequest()` makes.
 * @typeParam Server The server's class, for a handler that runs where the
 * server does and uses what that class adds. A server whose handlers run
 * elsewhere refuses such a handler, by its type.
 * @typeParam Address The kind of its clients' addresses: with `Deno.NetAddr`,
 * which TCP and UDP servers take, there is a `clientAddress.hostname`. (Behind a
 * proxy that has clients on Unix sockets an address may still be a path.)
 *
 * @example Usage
 * ```ts
 * import {
 *   BaseRequestHandler,
 *   type StreamRequest,
 *   TCPServer,
 * } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class HelloHandler extends BaseRequestHandler<StreamRequest> {
 *   override async handle() {
 *     await this.request.write(new TextEncoder().encode("hello"));
 *   }
 * }
 *
 * await using server = new TCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   HelloHandler,
 * );
 * const { port } = server.serverAddress;
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await server.handleRequest();
 * assertEquals(await new Response(client.readable).text(), "hello");
 * ```
 */
export class BaseRequestHandler<
  Request = unknown,
  Server extends HandlerServer = HandlerServer,
  Address extends Deno.Addr = Deno.Addr,
> implements RequestHandler {
  /** The request: a connection, or a datagram and the socket to reply through. */
  readonly request: Request;
  /**
   * The client's address, as Deno reports it: the `path` of a Unix client
   * without a name is `null`.
   */
  readonly clientAddress: Address;
  /** The server. In a Worker or a child process it has four members only, those of
   * `HandlerServer`. */
  readonly server: Server;
  #signal: AbortSignal | undefined;

  /** Creates an instance for one request. */
  constructor(request: Request, clientAddress: Address, server: Server) {
    this.request = request;
    this.clientAddress = clientAddress;
    this.server = server;
  }

  /**
   * Aborted when the request is to end, wherever the handler runs; it is made
   * when it is first used.
   *
   * Its `reason` says why: a {@linkcode ServerStoppingError} when the server
   * wants to stop, by `shutdown()` or `serverClose()`; a `Deno.errors.TimedOut`
   * when the request has taken longer than the server's `requestTimeout`; the
   * connection's own error when it is known to be lost. An end of the client's
   * input is no loss. Deno tells of a loss when the connection is read from or
   * written to: a handler here that does neither does not hear of it. (Where there
   * are `rfile` and `wfile`, only these tell.) A write of nothing finds a reset:
   * `this.request.write(new Uint8Array(0))` rejects then. On a thread and in a
   * child a handler hears of it within milliseconds, whatever it does.
   *
   * So whoever says goodbye looks at the reason: a lost client cannot be told.
   * {@linkcode ServerStoppingError} has an example.
   *
   * A request that has a `signal` of its own gives that one: an override of
   * `finishRequest()` that wraps the request in another object puts
   * `this.requestSignal(request)` there.
   *
   * @example Why it was aborted
   * ```ts
   * import {
   *   ServerStoppingError,
   *   StreamRequestHandler,
   * } from "@socketserver/socketserver";
   * import { connect } from "@socketserver/socketserver/testing";
   * import { assertEquals } from "@std/assert";
   *
   * class ShoutHandler extends StreamRequestHandler {
   *   override async handle() {
   *     const { rfile, wfile, signal } = this;
   *     try {
   *       for await (const line of rfile.lines({ signal })) {
   *         await wfile.write(`${line.toUpperCase()}\n`);
   *       }
   *     } catch (error) {
   *       if (!(signal.reason instanceof ServerStoppingError)) throw error;
   *       await wfile.write("bye\n");
   *     }
   *   }
   * }
   *
   * await using client = connect(ShoutHandler);
   * await client.write("hello\n");
   * assertEquals(await client.readLine(), "HELLO");
   * client.shutdown();
   * assertEquals(await client.readLine(), "bye");
   * ```
   *
   * @example Waiting for the next line until the server wants to stop
   * ```ts
   * import { AsyncTCPServer, StreamRequestHandler } from "@socketserver/socketserver";
   * import { assertEquals } from "@std/assert";
   *
   * class EchoHandler extends StreamRequestHandler {
   *   override async handle() {
   *     for await (const line of this.rfile.lines({ signal: this.signal })) {
   *       await this.wfile.write(`${line}\n`);
   *     }
   *   }
   * }
   *
   * const server = new AsyncTCPServer(
   *   { hostname: "127.0.0.1", port: 0 },
   *   EchoHandler,
   * );
   * const serving = server.serveForever();
   * const { port } = server.serverAddress;
   * const client = await Deno.connect({ hostname: "127.0.0.1", port });
   * await client.write(new TextEncoder().encode("hello\n"));
   * await client.read(new Uint8Array(6));
   * await server.serverClose(); // although the client says nothing more
   * await serving;
   * assertEquals(await client.read(new Uint8Array(1)), null);
   * client.close();
   * ```
   */
  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#signal = requestSignal(this.request, this.server);
      if (!("rfile" in this)) watchForLoss(this.request); // else that tells
    }
    return this.#signal;
  }

  /**
   * Calls `setup()`, `handle()` and `finish()`, in this order.
   *
   * `finish()` is called even if `handle()` throws, and not if `setup()` does.
   *
   * @throws {unknown} What the first failing of the three threw; a
   * `SuppressedError` if both `handle()` and `finish()` did.
   */
  run(): Promise<void> {
    // Not async: that would hold 0.3 KB more for each quiet client.
    try {
      const ready = this.setup();
      // Most handlers have none, or one that has nothing to wait for.
      return ready === undefined
        ? handleAndFinish(this)
        : Promise.resolve(ready).then(() => handleAndFinish(this));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** May be overridden. Called before `handle()`; does nothing by default. */
  setup(): void | Promise<void> {}

  /** To be overridden: answers the request. Does nothing by default. */
  handle(): void | Promise<void> {}

  /** May be overridden. Called after `handle()`; does nothing by default. */
  finish(): void | Promise<void> {}
}

function handleAndFinish(handler: BaseRequestHandler): Promise<void> {
  let handled: void | Promise<void>;
  try {
    handled = handler.handle();
  } catch (error) {
    handled = Promise.reject(error);
  }
  return Promise.resolve(handled).then(
    () => handler.finish(),
    (error) => finishAfter(error, handler),
  );
}

/** Calls `finish()` although `handle()` has failed. */
async function finishAfter(
  error: unknown,
  handler: BaseRequestHandler,
): Promise<never> {
  try {
    await handler.finish();
  } catch (finishError) {
    if (finishError === error) throw error;
    throw new SuppressedError(
      finishError,
      error,
      "Both handle() and finish() failed",
    );
  }
  throw error;
}
