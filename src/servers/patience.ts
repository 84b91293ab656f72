import { toMilliseconds } from "../streams/time_limit.ts";
import type { Run } from "./run.ts";

/** Stops a run that has waited for a request for too long. */
export class Patience implements Disposable {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #immediate: ReturnType<typeof setImmediate> | undefined;
  #ended = false;

  /**
   * Begins to count.
   *
   * @param timeout In seconds; `null` for ever.
   */
  constructor(run: Run, timeout: number | null) {
    if (timeout === null) return;
    // With a timeout of 0, a client that is already waiting is still accepted:
    // that takes one turn of the event loop. Where the machine is busy, timers are
    // due when that turn begins, and they come before what the sockets have.
    const end = () => {
      this.#ended = true;
      run.stop();
    };
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => {
        this.#immediate = setImmediate(end);
      }, 0);
    }, toMilliseconds(timeout));
  }

  /** Whether it has stopped the run. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Stops counting. */
  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
  }
}
