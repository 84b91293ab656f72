import { TURN_BYTES, TURN_FRAMES } from "./frames.ts";

/** What spends a budget in less time than this is a flood, in milliseconds. */
const FLOOD_MS = 2;

/** How much work one far side may cause in a turn of the event loop. */
export class TurnBudget {
  #frames = 0;
  #bytes = 0;
  #since = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #resume = () => {};

  /** Counts work; tells whether the budget is spent. */
  spend(frames: number, bytes: number): boolean {
    this.#frames += frames;
    this.#bytes += bytes;
    return this.#frames >= TURN_FRAMES || this.#bytes >= TURN_BYTES;
  }

  /**
   * Waits for the next turn, in which there is a new budget.
   *
   * Turns are not counted, as that would cost each of them: that an honest far
   * side waits once in so many frames is not noticed. After a flood a timer is
   * waited for. An event loop that has its next turn at once looks at its
   * sockets in one turn of 61 only, so that all clients would wait.
   */
  async renew(): Promise<void> {
    const isFlood = performance.now() - this.#since < FLOOD_MS;
    await new Promise<void>((resolve) => {
      this.#resume = resolve;
      if (isFlood) this.#timer = setTimeout(resolve, 1);
      else setImmediate(resolve);
    });
    this.#frames = this.#bytes = 0;
    this.#since = performance.now();
  }

  /** Ends the wait: there is nothing to be done any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#resume();
  }
}
