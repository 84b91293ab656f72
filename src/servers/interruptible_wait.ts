/** What a source has yielded: a value, or an error to be thrown. */
type Outcome<T> = { value: T } | { error: unknown };

/**
 * A wait that can be left early, for an operation that cannot be cancelled.
 *
 * The platform cannot stop a pending `accept()`, nor any other promise.
 * Here at most one call of the source is under way. If its waiter has been
 * woken and has left, what it yields is kept for the next one, so that no
 * client is lost between two runs of a server.
 */
export class InterruptibleWait<T> {
  readonly #source: () => T | Promise<T>;
  readonly #check: (value: T) => void;
  #underway = false;
  #kept: Outcome<T> | null = null;
  #waiter: PromiseWithResolvers<T | null> | null = null;
  /** Set when nobody will wait any more: takes what still comes. */
  #discard: ((value: T) => void) | null = null;

  readonly #yielded = (value: T): void => {
    try {
      this.#check(value);
    } catch (error) {
      return this.#failed(error);
    }
    this.#underway = false;
    this.#deliver({ value });
  };

  readonly #failed = (error: unknown): void => {
    this.#underway = false;
    this.#deliver({ error });
  };

  /**
   * Creates an instance.
   *
   * @param source Called once at a time.
   * @param check Throws if a value is none that the source may yield.
   */
  constructor(
    source: () => T | Promise<T>,
    check: (value: T) => void = () => {},
  ) {
    this.#source = source;
    this.#check = check;
  }

  /** Whether the source has been asked, and what it yields has not been taken. */
  get underway(): boolean {
    return this.#underway || this.#kept !== null;
  }

  /**
   * Waits for what the source yields. Only one may wait at a time.
   *
   * @returns The value, or `null` after {@linkcode InterruptibleWait.wake}.
   */
  next(): Promise<T | null> {
    const waiter = this.#waiter = Promise.withResolvers<T | null>();
    if (this.#kept !== null) this.#deliver(this.#kept);
    else if (!this.#underway) this.#ask();
    return waiter.promise;
  }

  /** Sends the waiter away, if there is one. */
  wake(): void {
    this.#waiter?.resolve(null);
    this.#waiter = null;
  }

  /**
   * Sends the waiter away for good.
   *
   * @param discard Called with what has been kept, and with what still comes.
   */
  close(discard: (value: T) => void): void {
    this.#discard = discard;
    this.wake();
    if (this.#kept !== null) this.#deliver(this.#kept);
  }

  #ask(): void {
    this.#underway = true;
    let asked: Promise<T>;
    try {
      asked = Promise.resolve(this.#source());
    } catch (error) {
      asked = Promise.reject(error);
    }
    asked.then(this.#yielded, this.#failed);
  }

  #deliver(outcome: Outcome<T>): void {
    const waiter = this.#waiter;
    this.#waiter = null;
    this.#kept = null;
    if (waiter !== null) {
      if ("value" in outcome) waiter.resolve(outcome.value);
      else waiter.reject(outcome.error);
    } else if (this.#discard === null) {
      this.#kept = outcome;
    } else if ("value" in outcome) {
      this.#discard(outcome.value);
    }
  }
}
