import { Abortable } from "../streams/abortable.ts";
import type { Linked } from "../streams/linked_list.ts";

/** How a request ends, as a server counts it. */
export type Outcome = "handled" | "failed" | "refused";

/** A request that a server has taken, until nothing goes on with it any more. */
export class ActiveRequest<Request> extends Abortable
  implements Linked<ActiveRequest<Request>> {
  previous: ActiveRequest<Request> | null = null;
  next: ActiveRequest<Request> | null = null;
  readonly request: Request;
  readonly clientAddress: Deno.Addr;
  /** How many pieces of work go on with it. */
  pieces = 1;
  /** What it is reported with, if it has taken too long. */
  overtime: Error | null = null;
  #outcome: Outcome = "handled";
  #stopClock: (() => void) | null = null;
  #giveBack: (() => void) | null = null;
  #whenOver: (() => void)[] | null = null;

  constructor(request: Request, clientAddress: Deno.Addr) {
    super();
    this.request = request;
    this.clientAddress = clientAddress;
  }

  /** How it ends, unless something else happens. */
  get outcome(): Outcome {
    return this.#outcome;
  }

  /** Notes that it does not end well; what is noted first counts. */
  note(outcome: "failed" | "refused"): void {
    if (this.#outcome === "handled") this.#outcome = outcome;
  }

  /** Whether it may take too long. */
  get isTimed(): boolean {
    return this.#stopClock !== null;
  }

  /** Notes that its time is counted, and how to stop that. */
  time(stopClock: () => void): void {
    this.#stopClock = stopClock;
  }

  /** Its time counts no longer. */
  untime(): void {
    this.#stopClock?.();
    this.#stopClock = null;
  }

  /** Notes that it has a place among those of its client, and how to give it back. */
  takePlace(giveBack: () => void): void {
    this.#giveBack = giveBack;
  }

  /** It has been handled: its client, who learns of that now, may come again. */
  givePlaceBack(): void {
    this.#giveBack?.();
    this.#giveBack = null;
  }

  /** Whether nothing goes on with it any more, or nobody waits for that. */
  get isOver(): boolean {
    return this.pieces === 0;
  }

  /** Has a function called when it is over. */
  whenOver(callback: () => void): void {
    if (this.isOver) callback();
    else (this.#whenOver ??= []).push(callback);
  }

  /** Resolves when it is over. */
  over(): Promise<void> {
    return new Promise((resolve) => this.whenOver(resolve));
  }

  /** It is over. */
  end(): void {
    this.pieces = 0;
    this.untime();
    this.givePlaceBack();
    this.#whenOver?.forEach((callback) => callback());
    this.#whenOver = null;
  }
}
