import { Condition } from "../streams/condition.ts";
import type { ActiveRequest } from "./active_request.ts";
import { ActiveRequests } from "./active_requests.ts";
import type { Arrival } from "./arrival.ts";
import { ClientCounts } from "./client_counts.ts";
import { hasEndedAsTold } from "./ended_as_told.ts";
import { printRequestError } from "./error_report.ts";
import { Overtime, type OvertimeMeans } from "./overtime.ts";
import { type ReleaseHooks, RequestRelease } from "./request_release.ts";
import { RequestSignals } from "./request_signals.ts";
import type { RefusalReason, ServerHooks } from "./server_hooks.ts";

/** The hooks that a request is led through. */
export type RequestHooks<Request> =
  & Pick<
    ServerHooks<Request>,
    "verifyRequest" | "processRequest" | "handleRefusal" | "handleError"
  >
  & ReleaseHooks<Request>;

/** What else is asked of the server, for each request anew. */
export interface RequestMeans extends OvertimeMeans {
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
  /** What tells their handlers to end. */
  readonly signals: RequestSignals<Request>;
  readonly #hooks: RequestHooks<Request>;
  readonly #means: RequestMeans;
  readonly #release: RequestRelease<Request>;
  readonly #overtime: Overtime<Request>;
  readonly #clients = new ClientCounts();
  readonly #verified = new Condition();
  #verifying = 0;

  constructor(hooks: RequestHooks<Request>, means: RequestMeans) {
    this.#hooks = hooks;
    this.#means = means;
    this.#release = new RequestRelease(hooks, this.report.bind(this));
    this.signals = new RequestSignals(this.active, means);
    this.#overtime = new Overtime(this, means);
  }

  /** How many requests an asynchronous `verifyRequest()` holds. */
  get verifying(): number {
    return this.#verifying;
  }

  /** Resolves when it holds one fewer. */
  verified(): Promise<void> {
    return this.#verified.wait();
  }

  /**
   * Handles a request.
   *
   * @param beside Whether an asynchronous `verifyRequest()` is not to be waited
   * for: what follows it happens beside the loop, too.
   * @returns A promise that resolves when the server may take the next request;
   * nothing if it may at once.
   */
  dispatch(
    [request, clientAddress]: Arrival<Request>,
    beside = false,
  ): void | Promise<void> {
    return this.#lead(this.#begin(request, clientAddress), beside);
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
      const handled = this.#lead(active, true);
      if (handled !== undefined) await handled;
    }
  }

  /** Handles a request that comes when the server is to stop. */
  dispatchLate([request, clientAddress]: Arrival<Request>): void {
    const active = this.#begin(request, clientAddress);
    this.#lead(active, true);
    this.signals.stopSoon([active]);
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
    const active = this.active.join(request, clientAddress);
    let worked: void | Promise<void>;
    try {
      worked = handle.call(this.#hooks, request, clientAddress);
    } catch (error) {
      worked = Promise.reject(error);
    }
    return Promise.resolve(worked).then(
      () => this.#shutDown(active),
      (error) => this.#fail(error, active),
    );
  }

  /** Releases a request that nobody is to handle. */
  async release([request, clientAddress]: Arrival<Request>): Promise<void> {
    const active = this.#begin(request, clientAddress);
    active.outcome = "refused";
    await this.#shutDown(active);
  }

  /** Closes a request when `step`, which must not reject, has ended. */
  async closeAfter(request: Request, step: Promise<void>): Promise<void> {
    const closing = step.then(() => this.#release.close(request));
    const active = this.active.find(request);
    if (active === null) return await this.active.report(closing);
    active.pieces++;
    await closing;
    this.active.end(active);
  }

  /** Closes the requests that are being handled; never takes long. */
  async closeRemaining(): Promise<void> {
    await Promise.all(
      this.active.requests.map((request) => this.close(request)),
    );
  }

  /** Closes a request, whatever its `closeRequest()` does; never takes long. */
  close(request: Request): Promise<void> {
    return this.#release.closeInTime(request);
  }

  /** Passes an error to `handleError()`, and never throws. */
  async report(
    error: unknown,
    request: Request | undefined,
    clientAddress: Deno.Addr | undefined,
  ): Promise<void> {
    try {
      await this.#hooks.handleError(error, request, clientAddress);
    } catch (handlerError) {
      await printRequestError(handlerError, request, clientAddress);
    }
  }

  /**
   * Passes an error that belongs to no request to `handleError()`, beside the
   * loop.
   */
  reportApart(error: unknown): Promise<void> {
    return this.active.report(this.report(error, undefined, undefined));
  }

  #begin(request: Request, clientAddress: Deno.Addr): ActiveRequest<Request> {
    const active = this.active.begin(request, clientAddress);
    const timeout = this.#means.requestTimeout();
    if (timeout !== null) this.#overtime.start(active, timeout);
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
      return this.#settle(Promise.reject(error), active);
    }
    const step = processed ?? this.#processIf(verified, active);
    const settled = this.#settle(step, active);
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
    this.#verifying++;
    let accepted: boolean;
    try {
      accepted = await verified;
    } finally {
      this.#verifying--;
      this.#verified.notify();
    }
    await (accepted
      ? this.#hooks.processRequest(active.request, active.clientAddress)
      : this.#refuse(active, "verifyRequest"));
  }

  async #refuse(
    active: ActiveRequest<Request>,
    reason: RefusalReason,
  ): Promise<void> {
    const { request, clientAddress } = active;
    active.outcome = "refused";
    await this.#hooks.handleRefusal(request, clientAddress, reason);
    await this.#release.shutDown(request, clientAddress);
  }

  /** Waits for a request; releases it if it fails. */
  #settle(
    step: Promise<void>,
    active: ActiveRequest<Request>,
  ): Promise<void> {
    return Promise.resolve(step).then(
      () => this.active.end(active),
      (error) => this.#fail(error, active),
    );
  }

  /** Releases a request whose work has failed, or has ended as it was told. */
  async #fail(error: unknown, active: ActiveRequest<Request>): Promise<void> {
    if (!hasEndedAsTold(error, active.reason)) {
      if (active.outcome === "handled") active.outcome = "failed";
      await this.report(error, active.request, active.clientAddress);
    }
    await this.#shutDown(active);
  }

  /** Releases a request: the end of the work on it. */
  #shutDown(active: ActiveRequest<Request>): void | Promise<void> {
    const released = this.#release.shutDown(
      active.request,
      active.clientAddress,
    );
    if (released === undefined) return this.active.end(active);
    return released.then(() => this.active.end(active));
  }
}
