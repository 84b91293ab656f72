import { Condition } from "../streams/condition.ts";
import type { ActiveRequest } from "./active_request.ts";

/** The requests that an asynchronous `verifyRequest()` holds. */
export class Verification {
  readonly #decided = new Condition();
  #size = 0;

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Resolves when there is one fewer. */
  decided(): Promise<void> {
    return this.#decided.wait();
  }

  /** Waits for the verdict on a request, which is held until then, or is over. */
  async wait(
    verdict: boolean | Promise<boolean>,
    active: ActiveRequest<unknown>,
  ): Promise<boolean> {
    this.#size++;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#size--;
      this.#decided.notify();
    };
    if (active.isTimed) active.whenOver(release);
    try {
      return await verdict;
    } finally {
      release();
    }
  }
}
