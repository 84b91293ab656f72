import { Condition } from "../streams/condition.ts";

/** What a server is busy with: requests, and reports that belong to none. */
export class ActiveWork<Request> {
  /** How many pieces of work go on with each request. */
  readonly #pieces = new Map<Request, number>();
  #reports = 0;
  /** The last piece of work has ended. */
  readonly #emptied = new Condition();

  /** How many requests there are. */
  get size(): number {
    return this.#pieces.size;
  }

  /** The requests. */
  get requests(): Request[] {
    return [...this.#pieces.keys()];
  }

  /** Begins a piece of work with a request. */
  begin(request: Request): void {
    this.#pieces.set(request, (this.#pieces.get(request) ?? 0) + 1);
  }

  /** Ends it. */
  end(request: Request): void {
    const others = this.#pieces.get(request)! - 1;
    if (others > 0) return void this.#pieces.set(request, others);
    this.#pieces.delete(request);
    this.#notifyIfEmpty();
  }

  /** Counts a report until it has been made; it must not reject. */
  async report(reporting: Promise<void>): Promise<void> {
    this.#reports++;
    await reporting;
    this.#reports--;
    this.#notifyIfEmpty();
  }

  /** Resolves when there is nothing left. */
  async drained(): Promise<void> {
    while (this.size + this.#reports > 0) await this.#emptied.wait();
  }

  #notifyIfEmpty(): void {
    if (this.size + this.#reports === 0) this.#emptied.notify();
  }
}
