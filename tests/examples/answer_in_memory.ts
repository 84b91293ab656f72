import {
  LineTooLongError,
  type RequestHandlerClass,
  type StreamRequest,
  UnexpectedEof,
} from "@socketserver/socketserver";
import {
  connect,
  type ConnectionTestOptions,
} from "@socketserver/socketserver/testing";
import { assert } from "@std/assert";

/**
 * What a handler answers to the whole of what a client sends, as `exchange()`
 * tells. But it is no failure that the client ends within a message, or that a
 * message has no end: the handler may leave that to the server, which says in a
 * line that the client's request ended early.
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
  await client.handled.catch((error) => assert(isOfClients(error), error));
  return answer;
}

const isOfClients = (error: unknown) =>
  error instanceof UnexpectedEof || error instanceof LineTooLongError;
