import { Condition } from "../streams/condition.ts";
import { LinkedList } from "../streams/linked_list.ts";
import { ActiveRequest, type Outcome } from "./active_request.ts";

/** What a server is busy with: requests, and reports that belong to none. */
export class ActiveRequests<Request> {
  readonly #list = new LinkedList<ActiveRequest<Request>>();
  #size = 0;
  #held = 0;
  #accepted = 0;
  readonly #ended: Record<Outcome, number> = {
    handled: 0,
    failed: 0,
    refused: 0,
  };
  #reports = 0;
  /** Those that nobody waits for any more, by what they were taken for. */
  #abandoned: WeakMap<object, ActiveRequest<Request>> | null = null;
  /** The last request, or report, has ended. */
  readonly #emptied = new Condition();
  /** There may be room for a further one. */
  readonly #shrunk = new Condition();

  /** The requests, in the order of their coming. */
  get requests(): Request[] {
    return Array.from(this.#list, ({ request }) => request);
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** How many places are taken: by them, and by clients that are no requests. */
  get taken(): number {
    return this.#size + this.#held;
  }

  /** How many there have been, how those ended that have, and how many have not. */
  get counts(): Record<"accepted" | Outcome | "active", number> {
    return { accepted: this.#accepted, ...this.#ended, active: this.#size };
  }

  /** Iterates over them; any of them may end meanwhile. */
  [Symbol.iterator](): Iterator<ActiveRequest<Request>> {
    return [...this.#list][Symbol.iterator]();
  }

  /** Begins the first piece of work with a request. */
  begin(request: Request, clientAddress: Deno.Addr): ActiveRequest<Request> {
    const active = new ActiveRequest(request, clientAddress);
    this.#accepted++;
    this.#size++;
    this.#list.append(active);
    return active;
  }

  /** Takes a place for a client that is no request; returns what gives it back. */
  hold(): () => void {
    this.#held++;
    return () => {
      this.#held--;
      this.#shrunk.notify();
    };
  }

  /** Ends a piece of work. */
  end(active: ActiveRequest<Request>): void {
    if (active.pieces > 1) active.pieces--;
    else this.#leave(active);
  }

  /**
   * Waits no longer for the work on a request. That may go on, and ask for the
   * request: so it can still be found.
   */
  abandon(active: ActiveRequest<Request>): void {
    if (active.isOver) return;
    const { request } = active;
    if (Object(request) === request) {
      (this.#abandoned ??= new WeakMap()).set(request as object, active);
    }
    this.#leave(active);
  }

  /**
   * Finds what is known of a request, beginning with the last that came: mostly
   * it is the one, and there is no table that each request would have to pay for.
   */
  find(request: unknown): ActiveRequest<Request> | null {
    let active = this.#list.last;
    while (active !== null && active.request !== request) {
      active = active.previous;
    }
    return active ?? this.#abandoned?.get(request as object) ?? null;
  }

  /** Counts a report until it has been made; it must not reject. */
  async report(reporting: Promise<void>): Promise<void> {
    this.#reports++;
    await reporting;
    this.#reports--;
    this.#notifyIfEmpty();
  }

  /** Wakes those who wait for room: the limit is another one now. */
  noteLimit(): void {
    this.#shrunk.notify();
  }

  /** Resolves when fewer places are taken than now, or the limit is set. */
  shrunk(): Promise<void> {
    return this.#shrunk.wait();
  }

  /** Resolves when there is nothing left. */
  async drained(): Promise<void> {
    while (this.#isBusy) await this.#emptied.wait();
  }

  #leave(active: ActiveRequest<Request>): void {
    if (active.isOver) return;
    active.end();
    this.#list.remove(active);
    this.#size--;
    this.#ended[active.outcome]++;
    this.#shrunk.notify();
    this.#notifyIfEmpty();
  }

  get #isBusy(): boolean {
    return this.#size > 0 || this.#reports > 0;
  }

  #notifyIfEmpty(): void {
    if (!this.#isBusy) this.#emptied.notify();
  }
}
