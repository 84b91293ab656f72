import { closeQuietly } from "../streams/close_quietly.ts";

/** What can be closed. */
interface Closable {
  close(): void;
}

/**
 * Lets whoever has a connection close it again: a handler need not know whether
 * the server, or another handler, has closed it.
 *
 * One function serves all connections. Objects that bring their own `close()`
 * are left alone.
 */
export function allowClosingAgain(connection: Closable): void {
  if (!Object.hasOwn(connection, "close")) connection.close = closeOpen;
}

/** Closes a connection in the server's name, if it is still open. */
export function closeConnection(connection: Closable): void {
  closeQuietly(connection);
  if (connection.close === closeOpen) connection.close = closeClosed;
}

/**
 * Whether the server has closed a connection: then a handler that still used it
 * has made no mistake.
 */
export function isClosedByServer(connection: unknown): boolean {
  return (Object(connection) as Partial<Closable>).close === closeClosed;
}

function closeOpen(this: Closable): void {
  const { close } = Object.getPrototypeOf(this) as Closable;
  closeQuietly({ close: () => close.call(this) });
}

function closeClosed(): void {}
