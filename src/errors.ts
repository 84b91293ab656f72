/**
 * Thrown when the input ends after some of the bytes that were asked for.
 *
 * An input that ends before the first of them is no error: the reader's methods
 * then return `null`, unless they are called with `{ required: true }`.
 *
 * @example Usage
 * ```ts
 * import { RequestReader, UnexpectedEof } from "@socketserver/socketserver";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const rfile = new RequestReader(new Uint8Array([1, 2, 3]));
 * const error = await assertRejects(() => rfile.readExactly(4), UnexpectedEof);
 * assertEquals(error.partial, new Uint8Array([1, 2, 3]));
 * ```
 */
export class UnexpectedEof extends Deno.errors.UnexpectedEof {
  /** The name of the error. */
  override readonly name: string = "UnexpectedEof";
  /**
   * The bytes that did come; they are no longer in the reader. An error that
   * comes from a thread or a child process leaves them there: then it is empty.
   */
  readonly partial: Uint8Array;

  /** Creates an instance with the bytes that came before the end. */
  constructor(message: string, partial: Uint8Array) {
    super(message);
    this.partial = partial;
  }
}

/**
 * Thrown when a line is longer than the reader's `maxLineLength`.
 *
 * It is thrown once for such a line: a handler that catches it goes on after the
 * line, without having held the rest of it in memory.
 *
 * @example A handler that goes on
 * ```ts
 * import { LineTooLongError, RequestReader } from "@socketserver/socketserver";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const rfile = new RequestReader(new TextEncoder().encode("too long\nok\n"));
 * rfile.maxLineLength = 3;
 * const error = await assertRejects(() => rfile.readLine(), LineTooLongError);
 * assertEquals(new TextDecoder().decode(error.partial), "too");
 * assertEquals(await rfile.readLine(), "ok");
 * ```
 *
 * @example A `handleError()` that expects it
 * ```ts
 * import {
 *   LineTooLongError,
 *   type StreamRequest,
 *   StreamRequestHandler,
 *   TCPServer,
 * } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class NameHandler extends StreamRequestHandler {
 *   override maxLineLength = 80;
 *
 *   override async handle() {
 *     await this.wfile.write(`Hello, ${await this.rfile.readLine()}!`);
 *   }
 * }
 *
 * class NameServer extends TCPServer {
 *   longNames = 0;
 *
 *   override handleError(
 *     error: unknown,
 *     request: StreamRequest | undefined,
 *     clientAddress: Deno.Addr | undefined,
 *   ) {
 *     if (error instanceof LineTooLongError) this.longNames++;
 *     else return super.handleError(error, request, clientAddress);
 *   }
 * }
 *
 * await using server = new NameServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   NameHandler,
 * );
 * const { port } = server.serverAddress;
 * using client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.write(new TextEncoder().encode(`${"A".repeat(81)}\n`));
 * await server.handleRequest();
 * assertEquals(server.longNames, 1);
 * ```
 */
export class LineTooLongError extends RangeError {
  /** The name of the error. */
  override readonly name: string = "LineTooLongError";
  /**
   * How the line begins: at most `maxLineLength` bytes, as they came, with what
   * tells what kind of line it was. An error that comes from a thread or a child
   * process has none of them.
   */
  readonly partial: Uint8Array;

  /** Creates an instance with the bytes that the line begins with. */
  constructor(message: string, partial: Uint8Array = new Uint8Array(0)) {
    super(message);
    this.partial = partial;
  }
}

/**
 * Thrown when a handler replies to a datagram whose sender has no address.
 *
 * Such a sender is a Unix client that did not bind its socket to a path. A
 * handler that does not catch the error leaves it to `handleError()`, as in the
 * example of {@linkcode LineTooLongError}.
 */
export class NoReplyAddressError extends TypeError {
  /** The name of the error. */
  override readonly name: string = "NoReplyAddressError";
}

/**
 * Thrown when the module that should export a handler class does not.
 *
 * A server whose handlers run on threads or in child processes rejects with it
 * when it begins to serve; where `finishRequest()` is overridden,
 * `handleError()` gets it with each request that needs the class.
 *
 * @example A class that is not exported
 * ```ts
 * import {
 *   HandlerNotFoundError,
 *   StreamRequestHandler,
 *   ThreadingTCPServer,
 * } from "@socketserver/socketserver";
 * import { assertRejects } from "@std/assert";
 *
 * class HiddenHandler extends StreamRequestHandler {}
 *
 * await using server = new ThreadingTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   HiddenHandler,
 * );
 * await assertRejects(() => server.serveForever(), HandlerNotFoundError);
 * ```
 */
export class HandlerNotFoundError extends TypeError {
  /** The name of the error. */
  override readonly name: string = "HandlerNotFoundError";
}

/**
 * The reason of a handler's `signal` when its server wants to stop.
 *
 * A handler that ends with it, as one does that waits for its client's next line
 * with `{ signal: this.signal }`, has done what it was told: that is no error,
 * and `handleError()` does not learn of it.
 *
 * @example A handler that says goodbye
 * ```ts
 * import {
 *   AsyncTCPServer,
 *   ServerStoppingError,
 *   StreamRequestHandler,
 * } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class GoodbyeHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.wfile.write("hello\n");
 *     await new Promise((resolve) =>
 *       this.signal.addEventListener("abort", resolve)
 *     );
 *     if (this.signal.reason instanceof ServerStoppingError) {
 *       await this.wfile.write("bye\n");
 *     }
 *   }
 * }
 *
 * const server = new AsyncTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   GoodbyeHandler,
 * );
 * const serving = server.serveForever();
 * const { port } = server.serverAddress;
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.read(new Uint8Array(6));
 * await server.serverClose();
 * assertEquals(await new Response(client.readable).text(), "bye\n");
 * await serving;
 * ```
 */
export class ServerStoppingError extends Error {
  /** The name of the error. */
  override readonly name: string = "ServerStoppingError";
}

/**
 * Reported for a connection that a server with `proxyProtocol` has refused: its
 * peer is not trusted, or has not sent a right PROXY header in time.
 *
 * There is no request then, and no client's address; the message names the peer.
 *
 * @example A `handleError()` that expects it
 * ```ts
 * import { ProxyHeaderError, TCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class BackendServer extends TCPServer {
 *   refused = 0;
 *
 *   override handleError(error: unknown) {
 *     if (error instanceof ProxyHeaderError) this.refused++;
 *   }
 * }
 *
 * await using server = new BackendServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   () => {},
 *   { proxyProtocol: { trust: ["10.0.0.0/8"] } },
 * );
 * const { port } = server.serverAddress;
 * using _stranger = await Deno.connect({ hostname: "127.0.0.1", port });
 * await server.handleRequest();
 * assertEquals(server.refused, 1);
 * ```
 */
export class ProxyHeaderError extends Deno.errors.InvalidData {
  /** The name of the error. */
  override readonly name: string = "ProxyHeaderError";
}

/**
 * Reported for a connection that a server with `tls` has refused: its client has
 * broken the rules of TLS, has no certificate that can be believed, or has not
 * ended its handshake in time.
 *
 * There is no request then, and no client's address; the message names the peer.
 * A client that goes before the end of its handshake is not reported. The example
 * of {@linkcode ProxyHeaderError} shows a `handleError()` that expects such errors.
 */
export class TlsHandshakeError extends Deno.errors.InvalidData {
  /** The name of the error. */
  override readonly name: string = "TlsHandshakeError";
}

/**
 * Reported for each request that is lost because its thread has ended.
 *
 * A thread ends early because of an uncaught error or a call of `Deno.exit()`,
 * and when the server closes; then the requests that still wait for a thread
 * are lost too. The example of {@linkcode LineTooLongError} shows how
 * `handleError()` can tell one error from another.
 */
export class ThreadError extends Error {
  /** The name of the error. */
  override readonly name: string = "ThreadError";
}

/**
 * Reported for a request whose child process ended first.
 *
 * Where requests share a child, one that takes longer than `requestTimeout` ends
 * it for all: the others are reported with this error, whose `cause` is the
 * `TimedOut` of that one.
 *
 * The example of {@linkcode LineTooLongError} shows how `handleError()` can tell
 * one error from another. A server rejects with this one when it begins to
 * serve, if its children end as soon as they start.
 *
 * @example A flag that Deno does not have
 * ```ts
 * import {
 *   ChildProcessError,
 *   ForkingTCPServer,
 *   StreamRequestHandler,
 * } from "@socketserver/socketserver";
 * import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
 *
 * class EchoHandler extends StreamRequestHandler {}
 *
 * await using server = new ForkingTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   EchoHandler,
 *   { denoFlags: ["--alow-read"] },
 * );
 * const error = await assertRejects(
 *   () => server.serveForever(),
 *   ChildProcessError,
 * );
 * assertEquals(error.code, 1);
 * assertStringIncludes(error.stderr, "--alow-read");
 * ```
 */
export class ChildProcessError extends Error {
  /** The name of the error. */
  override readonly name: string = "ChildProcessError";
  /** The exit code; `null` if the server did not wait for it. */
  readonly code: number | null;
  /** The signal that ended the process; `null` if none did, or on Windows. */
  readonly signal: Deno.Signal | null;
  /** The last that the process wrote to standard error, at most 4096 bytes. */
  readonly stderr: string;

  /** Creates an instance. */
  constructor(
    message: string,
    end: {
      code: number | null;
      signal: Deno.Signal | null;
      stderr: string;
    },
  ) {
    super(message);
    this.code = end.code;
    this.signal = end.signal;
    this.stderr = end.stderr;
  }
}

/**
 * Reported for a request, handled on a thread or in a child process, whose
 * frames break the rules of the protocol.
 *
 * That is a fault of the library, or of a handler that forges frames. Frames
 * that belong to no request, or are too many, end the thread or the process, and
 * each of its requests is reported with this error. The handler, if it still
 * runs, finds the error when it reads or writes. The
 * example of {@linkcode LineTooLongError} shows how `handleError()` can tell one
 * error from another.
 */
export class RemoteProtocolError extends Error {
  /** The name of the error. */
  override readonly name: string = "RemoteProtocolError";
}
