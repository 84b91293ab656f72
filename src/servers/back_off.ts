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

  /** Waits twice as long as the last time, unless the run is stopped. */
  async pause(run: Run): Promise<void> {
    const doubled = this.#milliseconds * 2 || SHORTEST_MS;
    this.#milliseconds = Math.min(doubled, LONGEST_MS);
    const timer = new AbortController();
    const { signal } = timer;
    await run.until(() => delay(this.#milliseconds, { signal }));
    timer.abort();
  }
}
