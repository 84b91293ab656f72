import type { Linked } from "../streams/linked_list.ts";

/** How a request ends, as a server counts it. */
export type Outcome = "handled" | "failed" | "refused";

/** A request that a server has taken, until nothing goes on with it any more. */
export class ActiveRequest<Request> implements Linked<ActiveRequest<Request>> {
  previous: ActiveRequest<Request> | null = null;
  next: ActiveRequest<Request> | null = null;
  readonly request: Request;
  readonly clientAddress: Deno.Addr;
  /** How many pieces of work go on with it. */
  pieces = 1;
  /** How it ends, unless something else happens. */
  outcome: Outcome = "handled";
  /** Whether it may take too long. */
  isTimed = false;
  /** Why its handler is to end, if it is. */
  #reason: Error | null = null;
  /** Made on first use: most handlers have none. */
  #controller: AbortController | null = null;
  #whenOver: (() => void)[] | null = null;

  constructor(request: Request, clientAddress: Deno.Addr) {
    this.request = request;
    this.clientAddress = clientAddress;
  }

  /** Why its handler is to end; `null` as long as it may go on. */
  get reason(): Error | null {
    return this.#reason;
  }

  /** Whether anybody has asked for its signal. */
  get hasSignal(): boolean {
    return this.#controller !== null;
  }

  /** Tells its handler when it is to end. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Has its handler told to end; the first reason counts. */
  abort(reason: Error): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** Has a function called when nothing goes on with it any more. */
  whenOver(callback: () => void): void {
    if (this.pieces === 0) callback();
    else (this.#whenOver ??= []).push(callback);
  }

  /** Resolves when nothing goes on with it any more. */
  over(): Promise<void> {
    return new Promise((resolve) => this.whenOver(resolve));
  }

  /** Nothing goes on with it any more. */
  end(): void {
    this.pieces = 0;
    this.#whenOver?.forEach((callback) => callback());
    this.#whenOver = null;
  }
}
