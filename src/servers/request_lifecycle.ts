import type { ActiveRequest } from "./active_request.ts";
import { ActiveRequests } from "./active_requests.ts";
import type { Arrival } from "./arrival.ts";
import { ClientCounts } from "./client_counts.ts";
import type { Executor } from "./executor.ts";
import { Overtime, type OvertimeMeans } from "./overtime.ts";
import { type EndingHooks, RequestEnding } from "./request_ending.ts";
import { RequestSignals, type SignalMeans } from "./request_signals.ts";
import type { RefusalReason, ServerHooks } from "./server_hooks.ts";
import { Verification } from "./verification.ts";

/** The hooks that a request is led through. */
export type RequestHooks<Request> =
  & Pick<
    ServerHooks<Request>,
    "verifyRequest" | "processRequest" | "handleRefusal"
  >
  & EndingHooks<Request>;

/** What else is asked of the server, for each request anew. */
export interface RequestMeans extends OvertimeMeans, SignalMeans {
  executor(): Executor | null;
  /** How many requests of one client may be handled at once. */
  maxRequestsPerClient(): number;
}

/**
 * Leads requests through a server's hooks, from `verifyRequest()` to
 * `closeRequest()`, and knows which are on their way.
 *
 * Whatever a hook throws, the request is released and nothing is thrown here.
 * A hook that is done at once is not waited for: each wait would cost every
 * request a turn of the event queue, and memory while it lasts.
 */
export class RequestLifecycle<Request> {
  /** The requests that are on their way. */
  readonly active: ActiveRequests<Request> = new ActiveRequests();
  /** How they end. */
  readonly ending: RequestEnding<Request>;
  /** What tells their handlers to end. */
  readonly signals: RequestSignals<Request>;
  /** Those that an asynchronous `verifyRequest()` holds. */
  readonly verification: Verification = new Verification();
  readonly #hooks: RequestHooks<Request>;
  readonly #means: RequestMeans;
  readonly #overtime: Overtime<Request>;
  readonly #clients = new ClientCounts();

  constructor(hooks: RequestHooks<Request>, means: RequestMeans) {
    this.#hooks = hooks;
    this.#means = means;
    this.ending = new RequestEnding(this.active, hooks);
    this.signals = new RequestSignals(this.active, means);
    this.#overtime = new Overtime(this.ending, means);
  }

  /**
   * Handles a request.
   *
   * @param beside Whether an asynchronous `verifyRequest()` is not to be waited
   * for: what follows it happens beside the loop, too.
   * @param isLate Whether it comes when the server is to stop: its handler is
   * told so soon.
   * @returns A promise that resolves when the server may take the next request;
   * nothing if it may at once.
   */
  dispatch(
    [request, clientAddress]: Arrival<Request>,
    beside = false,
    isLate = false,
  ): void | Promise<void> {
    const active = this.#begin(request, clientAddress);
    if (isLate) this.signals.stopSoon([active]);
    return this.#lead(active, beside);
  }

  /** Takes a place for a client that is no request; returns what gives it back. */
  hold(clientAddress: Deno.Addr): () => void {
    const giveBacks = [
      this.active.hold(),
      this.#clients.hold(clientAddress),
    ];
    return () => giveBacks.forEach((giveBack) => giveBack());
  }

  /**
   * Handles requests in the next turn, as the loop would: one after the other,
   * if `processRequest()` is waited for. They count from now on. As the server is
   * to stop, their handlers are told so soon.
   */
  async dispatchSoon(arrivals: readonly Arrival<Request>[]): Promise<void> {
    if (arrivals.length === 0) return;
    const begun = arrivals.map((arrival) => this.#begin(...arrival));
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.signals.stopSoon(begun);
    for (const active of begun) {
      if (active.isOver) continue; // it has waited for too long
      const handled = this.#lead(active, true);
      if (handled !== undefined) await handled;
    }
  }

  /**
   * Works on a request while the server takes others, and then releases it. Not
   * async: that would hold 0.3 KB more for each quiet client.
   */
  detach(
    request: Request,
    clientAddress: Deno.Addr,
    handle: (
      request: Request,
      clientAddress: Deno.Addr,
    ) => void | Promise<void>,
  ): Promise<void> {
    let active = this.active.find(request);
    if (active === null) active = this.#begin(request, clientAddress);
    else if (active.isOver) return Promise.resolve(); // it has been abandoned
    else active.pieces++;
    let work: void | Promise<void>;
    try {
      work = handle.call(this.#hooks, request, clientAddress);
    } catch (error) {
      work = Promise.reject(error);
    }
    return this.ending.releaseAfter(work, active);
  }

  /** Releases a request that nobody is to handle. */
  release([request, clientAddress]: Arrival<Request>): Promise<void> {
    return this.ending.refuse(this.#begin(request, clientAddress));
  }

  #begin(request: Request, clientAddress: Deno.Addr): ActiveRequest<Request> {
    const active = this.active.begin(request, clientAddress);
    this.#overtime.start(active);
    return active;
  }

  /** Leads a request through the hooks; see `dispatch()`. */
  #lead(
    active: ActiveRequest<Request>,
    beside: boolean,
  ): void | Promise<void> {
    const { request, clientAddress } = active;
    let verified: boolean | Promise<boolean> = false;
    let processed: void | Promise<void> = undefined;
    try {
      if (!this.#countClient(active)) {
        processed = this.#refuse(active, "maxRequestsPerClient");
      } else {
        verified = this.#hooks.verifyRequest(request, clientAddress);
        if (verified === true) {
          processed = this.#hooks.processRequest(request, clientAddress);
          if (processed === undefined) return this.active.end(active);
        }
      }
    } catch (error) {
      processed = Promise.reject(error);
    }
    const work = processed ?? this.#processIf(verified, active);
    const settled = this.ending.settle(work, active);
    if (beside && verified !== true) return undefined;
    return active.isTimed ? Promise.race([settled, active.over()]) : settled;
  }

  #countClient(active: ActiveRequest<Request>): boolean {
    const most = this.#means.maxRequestsPerClient();
    return most === Infinity || this.#clients.admit(active, most);
  }

  async #processIf(
    verified: boolean | Promise<boolean>,
    active: ActiveRequest<Request>,
  ): Promise<void> {
    const isAccepted = await this.verification.wait(verified, active);
    if (active.isOver) return; // it has been abandoned
    await (isAccepted
      ? this.#hooks.processRequest(active.request, active.clientAddress)
      : this.#refuse(active, "verifyRequest"));
  }

  async #refuse(
    active: ActiveRequest<Request>,
    reason: RefusalReason,
  ): Promise<void> {
    active.note("refused");
    const { request, clientAddress } = active;
    await this.#hooks.handleRefusal(request, clientAddress, reason);
    await this.ending.shutDown(active);
  }
}
