import type { InputBuffer } from "../streams/input_buffer.ts";
import type { Linked } from "../streams/linked_list.ts";

/** Something that handles requests: a thread, or a child process. */
export interface RequestRunner {
  /** Has a request handled; throws what its handler throws. */
  handle(pending: PendingRequest): Promise<void>;
  /** Tells the handler of a request why it is to end, if it has begun. */
  stop(pending: PendingRequest): void;
  /** Tells all handlers that have begun. */
  stopAll(reason: unknown): void;
  /** Ends a request: `handle()` throws the error soon. */
  giveUp(pending: PendingRequest, error: Error): void;
}

/** A request that is to be handled by whichever runner is free. */
export class PendingRequest implements Linked<PendingRequest> {
  previous: PendingRequest | null = null;
  next: PendingRequest | null = null;
  readonly request: unknown;
  readonly clientAddress: Deno.Addr;
  /** Says which requests came before it. */
  readonly ticket: number;
  /** Whether it has waited in a queue: its client may have gone meanwhile. */
  waited = false;
  /** What its client has sent, if that has been looked at; its runner goes on. */
  input: InputBuffer | null = null;
  /** Whether that was anything, or the end. */
  hasSpoken = false;
  /** What it has been given to; `null` while it waits. */
  runner: RequestRunner | null = null;
  /** Its ID on the far side; 0 until it is opened there. */
  id = 0;
  /** Why its handler is to end; `undefined` as long as it may go on. */
  reason: unknown = undefined;
  /** Why nobody waits for it any more, if that is so. */
  failure: Error | null = null;
  #onGivenUp: ((error: Error) => void) | null = null;
  #heedNoMore: (() => void) | null = null;

  constructor(request: unknown, clientAddress: Deno.Addr, ticket = 0) {
    this.request = request;
    this.clientAddress = clientAddress;
    this.ticket = ticket;
  }

  /**
   * Has its handler told to end; the first reason counts. One that has not begun
   * is told as soon as it does.
   */
  stop(reason: unknown): void {
    if (this.reason !== undefined) return;
    this.reason = reason;
    this.runner?.stop(this);
  }

  /** Passes on what its own signal says, if it has one, as a wrapper may. */
  heed(): void {
    const { signal } = this.request as { readonly signal?: unknown };
    if (!(signal instanceof AbortSignal)) return;
    const pass = () => this.stop(signal.reason);
    if (signal.aborted) return pass();
    signal.addEventListener("abort", pass);
    this.#heedNoMore = () => signal.removeEventListener("abort", pass);
  }

  /** Leaves its signal alone: it is over. */
  heedNoMore(): void {
    this.#heedNoMore?.();
  }

  /** Notes that nobody waits for it any more. */
  fail(error: Error): void {
    this.failure ??= error;
    this.#onGivenUp?.(error);
  }

  /** Waits for something that may take for ever, unless it is given up. */
  async whileWanted(work: Promise<void>): Promise<void> {
    const givenUp = new Promise<never>((_, reject) => this.#onGivenUp = reject);
    await Promise.race([work, givenUp]);
  }
}
