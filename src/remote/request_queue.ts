import { ServerStoppingError } from "../errors.ts";
import { Condition } from "../streams/condition.ts";
import { LinkedList } from "../streams/linked_list.ts";
import { PendingRequest, type RequestRunner } from "./pending_request.ts";
import { findSilent } from "./silent_clients.ts";

/** What has a request handled. */
export type Handling = Pick<RequestRunner, "handle">;

/** A request for which no runner was free. */
interface WaitingRequest {
  readonly pending: PendingRequest;
  readonly handled: PromiseWithResolvers<void>;
}

/** The requests of a pool: those that wait for a runner, in order, and the rest. */
export class RequestQueue {
  readonly #findFree: () => Handling | undefined;
  readonly #onEmptied: () => void;
  readonly #all = new LinkedList<PendingRequest>();
  readonly #waiting: WaitingRequest[] = [];
  /** Fewer requests wait. */
  readonly #shrunk = new Condition();
  /** How often clients are being asked whether they are silent: none begins then. */
  #asking = 0;
  #stopped = false;
  #tickets = 0;

  /**
   * Creates an instance.
   *
   * @param findFree Finds or starts a runner that is free; may throw.
   * @param onEmptied Called when no request waits any more, after all had been
   * held up for a moment.
   */
  constructor(findFree: () => Handling | undefined, onEmptied: () => void) {
    this.#findFree = findFree;
    this.#onEmptied = onEmptied;
  }

  /** How many requests wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Has a request handled, when its turn comes. */
  async submit(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    const ticket = this.#tickets++;
    const pending = new PendingRequest(request, clientAddress, ticket);
    this.#all.append(pending);
    pending.heed();
    try {
      const runner = this.length === 0 ? this.#findFree() : undefined;
      await (runner === undefined
        ? this.wait(pending)
        : runner.handle(pending));
    } finally {
      this.#all.remove(pending);
      pending.heedNoMore();
      this.startWaiting();
    }
  }

  /**
   * Tells the handler of a request that it is to end, now or when it begins.
   * See {@linkcode RequestQueue.abortLater} for one that waits.
   *
   * @returns False if the request is not here.
   */
  abort(request: unknown, reason: Error, clientAddress?: Deno.Addr): boolean {
    const pending = this.#find(request, clientAddress);
    if (pending === null) return false;
    pending.stop(reason);
    // Not for each of many that take too long: it looks at all that wait.
    if (reason instanceof ServerStoppingError) this.#endSilent();
    return true;
  }

  /**
   * Has all handlers told when they begin that have not begun yet.
   *
   * Where the server is to stop, no runner is started for a client that waits and
   * is silent, only to be told so: its request ends with the reason.
   */
  abortLater(reason: Error): void {
    for (const pending of this.#all) pending.reason ??= reason;
    this.#endSilent();
  }

  /** Ends a request with an error, whether it waits or not. */
  giveUp(request: unknown, error: Error, clientAddress?: Deno.Addr): void {
    const pending = this.#find(request, clientAddress);
    if (pending === null) return;
    pending.fail(error);
    if (pending.runner !== null) return pending.runner.giveUp(pending, error);
    this.#end(pending, error);
  }

  /** Lets a request wait for a free runner, before all that came later. */
  wait(pending: PendingRequest): Promise<void> {
    const handled = Promise.withResolvers<void>();
    const before = this.#waiting.findLastIndex(
      (it) => it.pending.ticket < pending.ticket,
    );
    pending.waited = true;
    pending.runner = null;
    this.#waiting.splice(before + 1, 0, { pending, handled });
    this.startWaiting();
    return handled.promise;
  }

  /** Starts as many waiting requests as there are free runners. */
  startWaiting(): void {
    while (this.#waiting.length > 0 && this.#asking === 0 && !this.#stopped) {
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

  /** Ends those that wait, and would end by themselves as soon as they begin. */
  async #endSilent(): Promise<void> {
    const stopped = this.#waiting.map(({ pending }) => pending).filter(
      ({ reason, input }) =>
        reason instanceof ServerStoppingError && input === null,
    );
    if (stopped.length === 0) return;
    this.#asking++;
    const silent = await findSilent(stopped);
    this.#asking--;
    for (const pending of silent) this.#end(pending, pending.reason);
    this.startWaiting();
    if (this.length === 0) this.#onEmptied();
  }

  /** Ends a request with an error, if it still waits. */
  #end(pending: PendingRequest, error: unknown): void {
    const index = this.#waiting.findIndex((it) => it.pending === pending);
    if (index < 0) return;
    this.#waiting.splice(index, 1)[0]!.handled.reject(error);
    this.#shrunk.notify();
  }

  /**
   * Finds a request of the server's, beginning with the one that came first:
   * mostly that takes too long. Where a wrapper was submitted in its place, the
   * address came with it: each request has its own, as an object.
   */
  #find(request: unknown, address?: Deno.Addr): PendingRequest | null {
    return this.#first((pending) => pending.request === request) ??
      this.#first((pending) => pending.clientAddress === address);
  }

  #first(isMeant: (pending: PendingRequest) => boolean): PendingRequest | null {
    let pending = this.#all.first;
    while (pending !== null && !isMeant(pending)) pending = pending.next;
    return pending;
  }
}
