import { ELSEWHERE, originOf } from "./error_origin.ts";

/**
 * Whether an error says no more than that a connection was closed while it was
 * read from or written to, or before. Never throws, whatever the error is.
 *
 * Whoever closes a connection does not want what is under way. So nobody need
 * hear of a promise that is rejected for it, and that a handler has forgotten.
 */
export function isClosedMeanwhile(error: unknown): boolean {
  const origin = originOf(error);
  const isKnown = origin !== undefined && origin !== ELSEWHERE;
  try {
    return error instanceof Deno.errors.Interrupted ||
      (error instanceof Deno.errors.BadResource && isKnown);
  } catch {
    return false; // nothing can be asked of it
  }
}
