import type { StreamRequest } from "../types.ts";
import { isOne } from "./error_parts.ts";
import { lastReadOf } from "./gentle_close.ts";

/** What the system says of a connection that is lost. */
const LOSSES = [
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.BrokenPipe,
];

/**
 * Watches the reads and writes of a connection, whoever calls them. Deno tells
 * of a loss in no other way. An end of the input is none.
 *
 * @param request A request; one that is no connection is not watched.
 */
export function watchForLoss(
  request: unknown,
  onLost: (error: Error) => void,
): void {
  if (!isConnection(request)) return;
  const note = (error: unknown) => {
    if (isOne(error, LOSSES)) onLost(error as Error);
  };
  lastReadOf(request)?.catch(note);
  const { read, write } = request;
  const noting = <T>(operation: Promise<T>): Promise<T> => {
    Promise.resolve(operation).catch(note);
    return operation;
  };
  // Not an assignment, which throws if the request is a frozen one.
  Reflect.set(
    request,
    "read",
    (buffer: Uint8Array) => noting(read.call(request, buffer)),
  );
  Reflect.set(
    request,
    "write",
    (data: Uint8Array) => noting(write.call(request, data)),
  );
}

function isConnection(request: unknown): request is StreamRequest {
  const { read, write } = Object(request) as Partial<StreamRequest>;
  return typeof read === "function" && typeof write === "function";
}
