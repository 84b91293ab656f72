/** What is known of the input of a connection that has been read from. */
export interface InputState {
  /** Whether its end has been read. */
  ended: boolean;
}

/** By what the bytes came from, which may be forgotten first. */
const inputs = new WeakMap<object, InputState>();

/**
 * Notes that a connection has been read from. Only once for each: such a note
 * costs a new connection a hundredth of its CPU time.
 *
 * @param source The connection, or whatever else the bytes came from.
 * @returns What is known of it, to be kept up to date.
 */
export function noteInput(source: object): InputState {
  const state = { ended: false };
  inputs.set(source, state);
  return state;
}

/** Whether it is known that a connection has been read from. */
export function hasInputBegun(source: object): boolean {
  return inputs.has(source);
}

/** Whether it is known that nothing more will come from a connection. */
export function hasInputEnded(source: object): boolean {
  return inputs.get(source)?.ended === true;
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
