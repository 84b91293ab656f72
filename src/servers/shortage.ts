/**
 * How long after the last lack a further one belongs to the same shortage, in
 * milliseconds: twice the longest pause between two attempts.
 */
const QUIET_MS = 2000;

/** The shortages of servers: loop and executor of one meet with the same. */
const shortages = new WeakMap<object, Shortage>();

/** Knows which lack of resources is news, so that each shortage is told once. */
export class Shortage {
  readonly #clock: () => number;
  #last = -Infinity;

  /** Creates an instance with a clock, in milliseconds. */
  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** The one of a server, whoever of its parts asks for it. */
  static of(server: object): Shortage {
    const known = shortages.get(server);
    if (known !== undefined) return known;
    const shortage = new Shortage();
    shortages.set(server, shortage);
    return shortage;
  }

  /** Whether one has been met with a moment ago. */
  get lasts(): boolean {
    return this.#clock() - this.#last <= QUIET_MS;
  }

  /** Notes a lack of resources; returns whether a shortage begins with it. */
  begins(): boolean {
    const isNews = !this.lasts;
    this.#last = this.#clock();
    return isNews;
  }
}
