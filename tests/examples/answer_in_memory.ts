import {
  type RequestHandlerClass,
  type StreamRequest,
  UnexpectedEof,
} from "@socketserver/socketserver";
import {
  connect,
  type ConnectionTestOptions,
} from "@socketserver/socketserver/testing";
import { assertInstanceOf } from "@std/assert";

/**
 * What a handler answers to the whole of what a client sends, as `exchange()`
 * tells. But it is no failure that the client ends within a message: the handler
 * may leave that to the server, which says so in a line.
 */
export async function answerInMemory(
  handler: RequestHandlerClass<StreamRequest>,
  input: string | Uint8Array,
  options: ConnectionTestOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  await using client = connect(handler, options);
  await client.write(input);
  await client.closeWrite();
  const answer = await client.bytes();
  await client.handled.catch((error) => assertInstanceOf(error, UnexpectedEof));
  return answer;
}
