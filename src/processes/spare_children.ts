import type { CountRange } from "../option_checks.ts";

/**
 * How many children may wait for requests: each takes 28 MB, and a moment of the
 * server's time when it starts, needed or not.
 */
export const SPARE_CHILDREN: CountRange = { least: 0, most: 1000 };
