import { socketsAsked } from "../streams/sockets_asked.ts";
import { toMilliseconds } from "../streams/time_limit.ts";
import type { Run } from "./run.ts";

/** Stops a run that has waited for a request for too long. */
export class Patience implements Disposable {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #disposed = false;
  #ended = false;

  /**
   * Begins to count.
   *
   * @param timeout In seconds; `null` for ever.
   */
  constructor(run: Run, timeout: number | null) {
    if (timeout === null) return;
    // With a timeout of 0, a client that is already waiting is still accepted.
    this.#timer = setTimeout(async () => {
      await socketsAsked();
      if (this.#disposed) return;
      this.#ended = true;
      run.stop();
    }, toMilliseconds(timeout));
  }

  /** Whether it has stopped the run. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Stops counting. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#disposed = true;
  }
}
