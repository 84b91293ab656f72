import { originOf } from "./error_origin.ts";

/**
 * Whether an error says no more than that a connection was closed while it was
 * read from or written to, or before.
 *
 * Whoever closes a connection does not want what is under way. So nobody need
 * hear of a promise that is rejected for it, and that a handler has forgotten.
 */
export function isClosedMeanwhile(error: unknown): boolean {
  return error instanceof Deno.errors.Interrupted ||
    (error instanceof Deno.errors.BadResource && originOf(error) !== undefined);
}
