import type { RequestHandlerClass, StreamRequest } from "../types.ts";
import { connect } from "./connect.ts";
import type { ConnectionTestOptions } from "./test_options.ts";

/**
 * Gives a handler the whole of what a client sends, and returns the whole of its
 * answer: text for text, bytes for bytes.
 *
 * The client half-closes when it has sent everything, as `nc -N` does. There is
 * no socket, and no permission is needed. With {@linkcode connect} a test speaks
 * step by step, and finds what was left unread.
 *
 * @typeParam Address The kind of address that the handler's clients have.
 * @typeParam Data `string` or `Uint8Array`.
 * @param handler A handler class, or a function that handles connections.
 * @param input What the client sends.
 * @param options What the handler finds, and how the connection is.
 * @returns What the handler has written.
 * @throws {TypeError} If `handler` cannot handle requests, or another argument is
 * of a wrong type.
 * @throws {RangeError} If an option is out of range.
 * @throws {Deno.errors.TimedOut} If the handler takes longer than the timeout.
 * @throws {unknown} What the handler throws, unless the option `handleError` takes
 * it.
 *
 * @example Usage
 * ```ts
 * import { StreamRequestHandler } from "@socketserver/socketserver";
 * import { exchange } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class UpperHandler extends StreamRequestHandler {
 *   override async handle() {
 *     for await (const line of this.rfile.lines()) {
 *       await this.wfile.write(line.toUpperCase() + "\n");
 *     }
 *   }
 * }
 *
 * assertEquals(await exchange(UpperHandler, "hello\nthere"), "HELLO\nTHERE\n");
 * ```
 *
 * @example Bytes that come one by one, and an error
 * ```ts
 * import { StreamRequestHandler, UnexpectedEof } from "@socketserver/socketserver";
 * import { exchange } from "@socketserver/socketserver/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * class PairHandler extends StreamRequestHandler {
 *   override async handle() {
 *     for (let pair; (pair = await this.rfile.readExactly(2)) !== null;) {
 *       await this.wfile.write(pair.reverse());
 *     }
 *   }
 * }
 *
 * const input = new Uint8Array([1, 2, 3, 4]);
 * const answer = await exchange(PairHandler, input, { chunkSize: 1 });
 * assertEquals(answer, new Uint8Array([2, 1, 4, 3]));
 * await assertRejects(() => exchange(PairHandler, "odd"), UnexpectedEof);
 * ```
 *
 * @example An error, and what was answered before it
 * ```ts
 * import { StreamRequestHandler } from "@socketserver/socketserver";
 * import { exchange } from "@socketserver/socketserver/testing";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * class DigitHandler extends StreamRequestHandler {
 *   override async handle() {
 *     for await (const line of this.rfile.lines()) {
 *       if (!/^\d$/.test(line)) throw new RangeError(`no digit: ${line}`);
 *       await this.wfile.write(`${line}\n`);
 *     }
 *   }
 * }
 *
 * const errors: unknown[] = [];
 * const answer = await exchange(DigitHandler, "1\n2\nx\n3\n", {
 *   handleError: (error) => errors.push(error),
 * });
 * assertEquals(answer, "1\n2\n");
 * assertInstanceOf(errors[0], RangeError);
 * ```
 */
export function exchange<
  Address extends Deno.Addr = Deno.Addr,
  Data extends string | Uint8Array = string,
>(
  handler: RequestHandlerClass<StreamRequest, Address>,
  input?: Data,
  options?: ConnectionTestOptions<Address> | null,
): Promise<Data extends string ? string : Uint8Array<ArrayBuffer>>;
export async function exchange<Address extends Deno.Addr>(
  handler: RequestHandlerClass<StreamRequest, Address>,
  input: string | Uint8Array = "",
  options?: ConnectionTestOptions<Address> | null,
): Promise<string | Uint8Array<ArrayBuffer>> {
  await using client = connect(handler, options);
  await client.write(input);
  await client.closeWrite();
  const output = typeof input === "string" ? client.text() : client.bytes();
  const [answer] = await Promise.all([output, client.handled]);
  return answer;
}
