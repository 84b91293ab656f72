import { socketsAsked } from "./sockets_asked.ts";

/** After how many bytes the clock is looked at: it is dearer than a count. */
const LOOK_BYTES = 65_536;

/** How long the event loop may go on with what it has, in milliseconds. */
const LONGEST_MS = 20;

let passed = 0;
let lastAsked = performance.now();
let asking: Promise<void> | null = null;

/**
 * Counts bytes that have been written; tells whether it is now the others' turn.
 *
 * A write that the system takes at once does not let go of the event loop, and a
 * loop that always has its next turn looks at its sockets in one turn of 61 only.
 * So the answers to one client's pipeline kept all others waiting, for 3 seconds.
 * Hence everybody who writes pauses now and then, until the system has been asked
 * who else has something to say: for 0.1 ms, at most 50 times a second.
 *
 * @returns What to wait for; `null` if the writer may go on.
 */
export function othersTurn(bytes: number): Promise<void> | null {
  if (asking !== null) return asking;
  passed += bytes;
  if (passed < LOOK_BYTES) return null;
  passed = 0;
  if (performance.now() - lastAsked < LONGEST_MS) return null;
  return asking = socketsAsked().then(() => {
    lastAsked = performance.now();
    asking = null;
  });
}
