import { Condition } from "../streams/condition.ts";
import { type Linked, LinkedList } from "../streams/linked_list.ts";

/** A piece of work that goes on with a request. */
export interface Work<Request> extends Linked<Work<Request>> {
  readonly request: Request;
}

/** What a server is busy with: requests, and reports that belong to none. */
export class ActiveWork<Request> {
  readonly #work = new LinkedList<Work<Request>>();
  #reports = 0;
  /** The last piece of work has ended. */
  readonly #emptied = new Condition();

  /** The requests, each once: several pieces of work may go on with it. */
  get requests(): Request[] {
    return [...new Set(Array.from(this.#work, ({ request }) => request))];
  }

  /** Begins a piece of work with a request. */
  begin(request: Request): Work<Request> {
    const work: Work<Request> = { request, previous: null, next: null };
    this.#work.append(work);
    return work;
  }

  /** Ends it. */
  end(work: Work<Request>): void {
    this.#work.remove(work);
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
    return this.#work.first !== null || this.#reports > 0;
  }

  #notifyIfEmpty(): void {
    if (!this.#isBusy) this.#emptied.notify();
  }
}
