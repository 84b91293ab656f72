/**
 * Lets any number of callers wait for something to happen.
 *
 * It keeps no state: whoever has waited must check again.
 */
export class Condition {
  #next: PromiseWithResolvers<void> | null = null;

  /** Resolves at the next {@linkcode Condition.notify}: one promise for all. */
  wait(): Promise<void> {
    return (this.#next ??= Promise.withResolvers()).promise;
  }

  /** Wakes everyone who waits now. */
  notify(): void {
    this.#next?.resolve();
    this.#next = null;
  }
}
