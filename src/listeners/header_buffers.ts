import { LONGEST_HEADER } from "./proxy_header.ts";

/** How many arrays are kept for later. */
const MOST_KEPT = 64;
const free: Uint8Array<ArrayBuffer>[] = [];

/**
 * Lends an array for a header and what comes with it. To make one takes 3 %
 * of what a new connection takes in all.
 */
export function headerBuffer(): Uint8Array<ArrayBuffer> {
  return free.pop() ?? new Uint8Array(LONGEST_HEADER);
}

/** Takes one back, which nobody uses any more. */
export function reuse(buffer: Uint8Array<ArrayBuffer>): void {
  if (free.length < MOST_KEPT) free.push(buffer);
}
