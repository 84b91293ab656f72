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
  /** The bytes that did come; they are no longer in the reader. */
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
