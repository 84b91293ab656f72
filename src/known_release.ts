/** The releases of Deno whose inner workings have been looked at. */
const KNOWN_RELEASES = /^2\.9\./;

/**
 * Whether this is such a release. There some things are faster, or possible at
 * all, by what Deno does but does not promise. Elsewhere there is another way.
 */
export function isKnownRelease(): boolean {
  return KNOWN_RELEASES.test(Deno.version.deno);
}
