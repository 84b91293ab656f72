import { type Linked, LinkedList } from "./linked_list.ts";

/** What is to happen at a moment, unless it is ended before. */
interface Deadline extends Linked<Deadline> {
  /** In milliseconds, by the clock of `performance.now()`. */
  readonly moment: number;
  readonly onPassed: () => void;
}

/**
 * How many microtasks the timer is kept when there is no deadline: a handler's
 * next read or write mostly begins within these.
 */
const KEPT_MICROTASKS = 8;

/**
 * Deadlines that are equally far away when they begin, by one timer.
 *
 * The connections of a server all wait equally long, twice for each request. A
 * timer costs 1.1 to 3.7 µs, and this a fifth of that. What begins first passes
 * first, so the timer is that of the first one; there is none without any.
 */
export class Deadlines {
  /** All that have deadlines now, by their duration. */
  static readonly #all = new Map<number, Deadlines>();

  readonly #duration: number;
  /** In the order of their moments. */
  readonly #waiting = new LinkedList<Deadline>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Whether it is about to be ended. */
  #resting = false;

  private constructor(duration: number) {
    this.#duration = duration;
  }

  /** Those of a duration in milliseconds: start one before anything else. */
  static of(duration: number): Deadlines {
    let deadlines = Deadlines.#all.get(duration);
    if (deadlines === undefined) {
      Deadlines.#all.set(duration, deadlines = new Deadlines(duration));
    }
    return deadlines;
  }

  /** Starts one. */
  start(onPassed: () => void): Deadline {
    const moment = performance.now() + this.#duration;
    const deadline = { moment, onPassed, previous: null, next: null };
    this.#waiting.append(deadline);
    if (this.#timer === undefined) this.#setTimer(this.#duration);
    return deadline;
  }

  /** Ends one, if it has not passed. */
  end(deadline: Deadline): void {
    this.#waiting.remove(deadline);
    if (this.#waiting.first === null && !this.#resting) this.#restSoon();
  }

  /** Ends the timer, unless there is another deadline soon. */
  async #restSoon(): Promise<void> {
    this.#resting = true;
    for (let i = 0; i < KEPT_MICROTASKS && this.#waiting.first === null; i++) {
      await null;
    }
    this.#resting = false;
    if (this.#waiting.first === null) this.#rest();
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (Deadlines.#all.get(this.#duration) === this) {
      Deadlines.#all.delete(this.#duration);
    }
  }

  #setTimer(delay: number): void {
    this.#timer = setTimeout(() => this.#pass(), delay);
  }

  #pass(): void {
    const now = performance.now();
    for (let first; (first = this.#waiting.first) !== null;) {
      // The first has ended, and this was its timer; or the timer is early.
      const left = first.moment - now;
      if (left > 0) return this.#setTimer(Math.ceil(left));
      this.#waiting.remove(first);
      first.onPassed();
    }
    this.#rest();
  }
}
