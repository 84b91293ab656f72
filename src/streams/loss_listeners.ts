/** What the system says of a connection that is lost. */
const LOSSES = [
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.BrokenPipe,
];

/** Who is to hear that a connection is lost. */
const listeners = new WeakMap<object, (error: Error) => void>();

/**
 * Has a function called when `rfile` or `wfile` find that their connection is
 * lost. Nobody else tells: to watch every read and write would cost 3 % of a
 * request, and whoever reads or writes without them hears it first.
 */
export function onLoss(
  connection: object,
  listener: (error: Error) => void,
): void {
  listeners.set(connection, listener);
}

/** Tells of an error of a connection, if it is a loss. */
export function tellLoss(error: object, connection: object): void {
  const listener = listeners.get(connection);
  if (listener !== undefined && isLoss(error)) listener(error);
}

function isLoss(error: object): error is Error {
  return LOSSES.some((Loss) => error instanceof Loss);
}
