import type { ForkingSettings } from "./forking_options.ts";

/** The settings that bound what a child is given. */
type Limits = Pick<
  ForkingSettings,
  "maxRequestsPerChild" | "requestsPerChild"
>;

/** How many requests a child may be given. */
export class ChildQuota {
  readonly #limits: Limits;
  #given = 0;

  /** Creates an instance for a child that has had none. */
  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Whether it has been given one. */
  get used(): boolean {
    return this.#given > 0;
  }

  /** Whether it may be given no more. */
  get spent(): boolean {
    return !(this.#given < this.#limits.maxRequestsPerChild);
  }

  /** Whether it may be given one more beside those that it has now. */
  allows(size: number): boolean {
    return (size === 0 || size < this.#limits.requestsPerChild) &&
      !(this.used && this.spent);
  }

  /** Counts one that it is given. */
  take(): void {
    this.#given++;
  }

  /** Counts one no more that it was to be given. */
  giveBack(): void {
    this.#given--;
  }
}
