/**
 * Thrown when the input ends before the bytes that were asked for have come.
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
 * No byte is lost: what came stays in the reader.
 *
 * @example Usage
 * ```ts
 * import { LineTooLongError, RequestReader } from "@socketserver/socketserver";
 * import { assertRejects } from "@std/assert";
 *
 * const rfile = new RequestReader(new TextEncoder().encode("too long\n"));
 * rfile.maxLineLength = 4;
 * await assertRejects(() => rfile.readLine(), LineTooLongError);
 * ```
 */
export class LineTooLongError extends RangeError {
  /** The name of the error. */
  override readonly name: string = "LineTooLongError";
}

/**
 * Thrown when a handler replies to a datagram whose sender has no address.
 *
 * That is a Unix client which did not bind its socket to a path.
 *
 * @example Usage
 * ```ts
 * import { NoReplyAddressError } from "@socketserver/socketserver";
 * import { assertInstanceOf } from "@std/assert";
 *
 * assertInstanceOf(new NoReplyAddressError("nobody to reply to"), TypeError);
 * ```
 */
export class NoReplyAddressError extends TypeError {
  /** The name of the error. */
  override readonly name: string = "NoReplyAddressError";
}

/**
 * Thrown when the module that should export a handler class does not.
 *
 * @example Usage
 * ```ts
 * import { HandlerNotFoundError } from "@socketserver/socketserver";
 * import { assertInstanceOf } from "@std/assert";
 *
 * assertInstanceOf(new HandlerNotFoundError("no such export"), TypeError);
 * ```
 */
export class HandlerNotFoundError extends TypeError {
  /** The name of the error. */
  override readonly name: string = "HandlerNotFoundError";
}

/**
 * Reported for each request that a thread took with it when it ended, as of an
 * uncaught error, `Deno.exit()` or the server's end; and for each that waited
 * for a thread when the server closed.
 *
 * @example Usage
 * ```ts
 * import { ThreadError } from "@socketserver/socketserver";
 * import { assertInstanceOf } from "@std/assert";
 *
 * assertInstanceOf(new ThreadError("The thread ended"), Error);
 * ```
 */
export class ThreadError extends Error {
  /** The name of the error. */
  override readonly name: string = "ThreadError";
}

/**
 * Reported for a request whose child process ended before it.
 *
 * @example Usage
 * ```ts
 * import { ChildProcessError } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new ChildProcessError("The child ended", {
 *   code: 3,
 *   signal: null,
 *   stderr: "last words",
 * });
 * assertEquals(error.code, 3);
 * ```
 */
export class ChildProcessError extends Error {
  /** The name of the error. */
  override readonly name: string = "ChildProcessError";
  /**
   * The process's exit code; `null` if there was none, as the server has closed.
   */
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
 * Reported for a request that is handled elsewhere and whose frames break the
 * rules of the protocol: a fault of the library, or of a handler that forges
 * them. Its handler, if it still runs, finds it when it reads or writes.
 *
 * @example Usage
 * ```ts
 * import { RemoteProtocolError } from "@socketserver/socketserver";
 * import { assertInstanceOf } from "@std/assert";
 *
 * assertInstanceOf(new RemoteProtocolError("no such frame"), Error);
 * ```
 */
export class RemoteProtocolError extends Error {
  /** The name of the error. */
  override readonly name: string = "RemoteProtocolError";
}
