import type { ForkingSettings } from "./forking_options.ts";

/** How many requests a child may be given. */
export class ChildQuota {
  readonly #settings: Pick<
    ForkingSettings,
    "maxRequestsPerChild" | "requestsPerChild"
  >;
  #given = 0;

  /** Creates an instance for a child that has had none. */
  constructor(
    settings: Pick<ForkingSettings, "maxRequestsPerChild" | "requestsPerChild">,
  ) {
    this.#settings = settings;
  }

  /** Whether it has been given one. */
  get used(): boolean {
    return this.#given > 0;
  }

  /** Whether it may be given no more. */
  get spent(): boolean {
    return !(this.#given < this.#settings.maxRequestsPerChild);
  }

  /** Whether it may be given one more beside those that it has now. */
  allows(size: number): boolean {
    return (size === 0 || size < this.#settings.requestsPerChild) &&
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
