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
 * lost. Nobody else tells: to watch every read and write would cost 3 % of a
 * request, and whoever reads or writes without them hears it first.
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
export function tellLoss(error: object, connection: object): void {
  const listener = (connection as Watched)[LISTENER];
  if (listener !== undefined && isLoss(error)) listener(error);
}

function isLoss(error: object): error is Error {
  return LOSSES.some((Loss) => error instanceof Loss);
}
