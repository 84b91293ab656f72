import { Condition } from "../streams/condition.ts";

/** A request that is to be handled by whichever runner is free. */
export interface PendingRequest {
  readonly request: unknown;
  readonly clientAddress: Deno.Addr;
  /** Says which requests came before it. */
  readonly ticket: number;
  /** Whether it has waited in a queue: its client may have gone meanwhile. */
  readonly waited: boolean;
}

/** Something that handles requests: a thread, or a child process. */
export interface RequestRunner {
  /** Has a request handled; throws what its handler throws. */
  handle(pending: PendingRequest): Promise<void>;
}

/** A request for which no runner was free. */
interface WaitingRequest {
  readonly pending: PendingRequest;
  readonly handled: PromiseWithResolvers<void>;
}

/** The requests of a pool that wait for a runner, in order. */
export class RequestQueue {
  readonly #findFree: () => RequestRunner | undefined;
  readonly #waiting: WaitingRequest[] = [];
  /** Fewer requests wait. */
  readonly #shrunk = new Condition();
  #stopped = false;
  #tickets = 0;

  /**
   * Creates an instance.
   *
   * @param findFree Finds or starts a runner that is free; may throw.
   */
  constructor(findFree: () => RequestRunner | undefined) {
    this.#findFree = findFree;
  }

  /** How many requests wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Has a request handled, when its turn comes. */
  async submit(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    const ticket = this.#tickets++;
    const pending = { request, clientAddress, ticket, waited: false };
    try {
      const runner = this.length === 0 ? this.#findFree() : undefined;
      await (runner === undefined
        ? this.wait(pending)
        : runner.handle(pending));
    } finally {
      this.startWaiting();
    }
  }

  /** Lets a request wait for a free runner, before all that came later. */
  wait(pending: PendingRequest): Promise<void> {
    const handled = Promise.withResolvers<void>();
    const before = this.#waiting.findLastIndex(
      (it) => it.pending.ticket < pending.ticket,
    );
    const waiting = { pending: { ...pending, waited: true }, handled };
    this.#waiting.splice(before + 1, 0, waiting);
    this.startWaiting();
    return handled.promise;
  }

  /** Starts as many waiting requests as there are free runners. */
  startWaiting(): void {
    while (this.#waiting.length > 0 && !this.#stopped) {
      const { pending, handled } = this.#waiting[0]!;
      try {
        const runner = this.#findFree();
        if (runner === undefined) return;
        handled.resolve(runner.handle(pending));
      } catch (error) {
        handled.reject(error);
      }
      this.#waiting.shift();
      this.#shrunk.notify();
    }
  }

  /** Resolves when fewer requests wait than do now. */
  whenShrunk(): Promise<void> {
    return this.#shrunk.wait();
  }

  /** Starts none that waits any more: they are about to be ended. */
  stop(): void {
    this.#stopped = true;
  }

  /** Ends the request that came last, if any waits, with an error. */
  rejectLast(error: unknown): void {
    this.#waiting.pop()?.handled.reject(error);
    this.#shrunk.notify();
  }

  /** Ends all requests that wait with an error. */
  rejectAll(error: unknown): void {
    for (const { handled } of this.#waiting.splice(0)) handled.reject(error);
  }
}
