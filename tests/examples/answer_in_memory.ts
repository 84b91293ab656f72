import {
  LineTooLongError,
  type RequestHandlerClass,
  type StreamRequest,
  UnexpectedEof,
} from "@socketserver/socketserver";
import {
  type ConnectionTestOptions,
  exchange,
} from "@socketserver/socketserver/testing";
import { assert } from "@std/assert";

/**
 * What a handler answers to the whole of what a client sends. It is no failure
 * that the client ends within a message, or that a message has no end: the
 * handler may leave that to the server, which says in a line that the client's
 * request ended early.
 */
export function answerInMemory(
  handler: RequestHandlerClass<StreamRequest>,
  input: string | Uint8Array,
  options: ConnectionTestOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  const handleError = (error: unknown) =>
    assert(isOfClients(error), `${error}`);
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  return exchange(handler, bytes, { ...options, handleError });
}

const isOfClients = (error: unknown) =>
  error instanceof UnexpectedEof || error instanceof LineTooLongError;
