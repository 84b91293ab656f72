/** The connections that errors came from; the errors may be forgotten first. */
const origins = new WeakMap<object, object>();

/**
 * Notes that an error was thrown by a read or a write of a connection.
 *
 * Its class does not tell: a handler's database may reset a connection as its
 * client may, and only the latter is no fault of the program's.
 *
 * @param error What was thrown. The first connection that is noted counts.
 * @param connection The handler's request, or another connection that is read
 * from or written to.
 */
export function noteOrigin(error: unknown, connection: object): void {
  if (error instanceof Error && !origins.has(error)) {
    origins.set(error, connection);
  }
}

/** The connection that an error came from, if it is known. */
export function originOf(error: unknown): object | undefined {
  return error instanceof Error ? origins.get(error) : undefined;
}
