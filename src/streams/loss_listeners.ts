import type { ByteSink, ByteSource } from "../types.ts";

/** What the system says of a connection that is lost. */
const LOSSES = [
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.BrokenPipe,
];

/** Where a connection has the function that is to be called. */
const LISTENER = Symbol("socketserver.lossListener");

interface Watched {
  [LISTENER]?: (error: Error) => void;
}

/**
 * Has a function called when `rfile` or `wfile` find that their connection is
 * lost, or a read or a write that is watched.
 *
 * A property of the connection: a WeakMap of all of them costs a new connection
 * a tenth of its time.
 */
export function onLoss(
  connection: object,
  listener: (error: Error) => void,
): void {
  // Not an assignment, which throws if the connection is a frozen object.
  Reflect.set(connection, LISTENER, listener);
}

/** Tells of an error of a connection, if it is a loss. */
export function tellLoss(error: unknown, connection: object): void {
  const listener = (connection as Watched)[LISTENER];
  if (listener !== undefined && isLoss(error)) listener(error);
}

/**
 * Watches the reads and writes of a connection, for handlers that have neither
 * `rfile` nor `wfile`: with these it would cost 3 % of a request for nothing.
 *
 * @param request A request; one that is no connection is not watched.
 */
export function watchForLoss(request: unknown): void {
  if (!isConnection(request)) return;
  const { read, write } = request;
  const watch = <T>(operation: Promise<T>): Promise<T> => {
    Promise.resolve(operation).catch((error) => tellLoss(error, request));
    return operation;
  };
  // Not assignments, as above.
  Reflect.set(
    request,
    "read",
    (buffer: Uint8Array) => watch(read.call(request, buffer)),
  );
  Reflect.set(
    request,
    "write",
    (data: Uint8Array) => watch(write.call(request, data)),
  );
}

/** Whether a request is a connection, which may be lost; a datagram is none. */
export function isConnection(
  request: unknown,
): request is ByteSource & ByteSink {
  const { read, write } = Object(request) as Partial<ByteSource & ByteSink>;
  return typeof read === "function" && typeof write === "function";
}

function isLoss(error: unknown): error is Error {
  return LOSSES.some((Loss) => error instanceof Loss);
}
