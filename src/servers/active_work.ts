import { Condition } from "../streams/condition.ts";

/** A piece of work that goes on with a request. */
export interface Work<Request> {
  readonly request: Request;
  previous: Work<Request> | null;
  next: Work<Request> | null;
}

/**
 * What a server is busy with: requests, and reports that belong to none.
 *
 * A list, as each request comes and goes: a Map makes itself a new table after
 * every few, and one that the garbage collector takes for old keeps all later
 * ones. That cost a tenth of the CPU time of a new connection.
 */
export class ActiveWork<Request> {
  #first: Work<Request> | null = null;
  #last: Work<Request> | null = null;
  #reports = 0;
  /** The last piece of work has ended. */
  readonly #emptied = new Condition();

  /** How many requests there are. */
  get size(): number {
    return this.requests.length;
  }

  /** The requests, each once: several pieces of work may go on with it. */
  get requests(): Request[] {
    const requests = new Set<Request>();
    for (let work = this.#first; work !== null; work = work.next) {
      requests.add(work.request);
    }
    return [...requests];
  }

  /** Begins a piece of work with a request. */
  begin(request: Request): Work<Request> {
    const work = { request, previous: this.#last, next: null };
    if (this.#last === null) this.#first = work;
    else this.#last.next = work;
    return this.#last = work;
  }

  /** Ends it: once. */
  end(work: Work<Request>): void {
    const { previous, next } = work;
    if (previous === null) this.#first = next;
    else previous.next = next;
    if (next === null) this.#last = previous;
    else next.previous = previous;
    // One that is taken for old must not keep all later ones.
    work.previous = work.next = null;
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
    while (this.#isBusy) await this.#emptied.wait();
  }

  get #isBusy(): boolean {
    return this.#first !== null || this.#reports > 0;
  }

  #notifyIfEmpty(): void {
    if (!this.#isBusy) this.#emptied.notify();
  }
}
