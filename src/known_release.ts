/** The releases of Deno whose inner workings have been looked at. */
const KNOWN_RELEASES = /^2\.9\./;

/**
 * Whether Deno is known to do what it does not promise, and what makes some
 * things faster, or possible. Elsewhere there is another way.
 */
export function isKnownRelease(): boolean {
  return KNOWN_RELEASES.test(Deno.version.deno);
}
