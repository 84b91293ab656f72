/**
 * Whether an error is how Deno's TLS connections report that the client closed
 * without saying so first (RFC 8446, 6.1): Python's clients do, and many
 * devices. A class made of it says something else.
 */
export function isCutOff(error: unknown): boolean {
  return error instanceof Error &&
    error.constructor === Deno.errors.UnexpectedEof;
}
