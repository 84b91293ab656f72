import { delay } from "@std/async/delay";
import type { Run } from "./run.ts";

const SHORTEST_MS = 5;
const LONGEST_MS = 1000;

/**
 * Pauses that grow while descriptors or memory are short: connections must end
 * first, and to ask on would take a whole core.
 */
export class BackOff {
  #milliseconds = 0;

  /** Ends the shortage. */
  reset(): void {
    this.#milliseconds = 0;
  }

  /** Whether the last pause was as long as a pause may be. */
  get longest(): boolean {
    return this.#milliseconds === LONGEST_MS;
  }

  /** The length of the next pause, in milliseconds: twice that of the last. */
  next(): number {
    const doubled = this.#milliseconds * 2 || SHORTEST_MS;
    return this.#milliseconds = Math.min(doubled, LONGEST_MS);
  }

  /** Waits twice as long as the last time, unless the run is stopped. */
  async pause(run: Run): Promise<void> {
    const milliseconds = this.next();
    const timer = new AbortController();
    const { signal } = timer;
    await run.until(() => delay(milliseconds, { signal }));
    timer.abort();
  }
}
