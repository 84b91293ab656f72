/** The sources whose end has been read; they may be forgotten first. */
const ended = new WeakSet<object>();

/**
 * Notes that the end of a connection's input has been read.
 *
 * @param source The connection, or whatever else the bytes came from.
 */
export function noteInputEnd(source: object): void {
  ended.add(source);
}

/** Whether it is known that nothing more will come from a connection. */
export function hasInputEnded(source: object): boolean {
  return ended.has(source);
}

/**
 * Whether an error is how Deno's TLS connections report that the client closed
 * without saying so first (RFC 8446, 6.1): Python's clients do, and many
 * devices. A class made of it says something else.
 */
export function isCutOff(error: unknown): boolean {
  return error instanceof Error &&
    error.constructor === Deno.errors.UnexpectedEof;
}
