/** Whether a source that has been read has ended; it may be forgotten first. */
const inputs = new WeakMap<object, boolean>();

/**
 * Notes that the first bytes of a connection's input have been read.
 *
 * @param source The connection, or whatever else the bytes came from.
 */
export function noteInputBegin(source: object): void {
  inputs.set(source, false);
}

/** Notes that the end of a connection's input has been read. */
export function noteInputEnd(source: object): void {
  inputs.set(source, true);
}

/** Whether it is known that a connection has been read from. */
export function hasInputBegun(source: object): boolean {
  return inputs.has(source);
}

/** Whether it is known that nothing more will come from a connection. */
export function hasInputEnded(source: object): boolean {
  return inputs.get(source) === true;
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
