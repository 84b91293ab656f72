import { Condition } from "../streams/condition.ts";
import { ActiveWork, type Work } from "./active_work.ts";
import type { Arrival } from "./arrival.ts";
import { printRequestError } from "./error_report.ts";
import { type ReleaseHooks, RequestRelease } from "./request_release.ts";
import type { ServerHooks } from "./server_hooks.ts";

/** The hooks that a request is led through. */
export type RequestHooks<Request> =
  & Pick<
    ServerHooks<Request>,
    "verifyRequest" | "processRequest" | "handleError"
  >
  & ReleaseHooks<Request>;

/**
 * Leads requests through a server's hooks, from `verifyRequest()` to
 * `closeRequest()`, and knows which are on their way.
 *
 * Whatever a hook throws, the request is released and nothing is thrown here.
 * A hook that is done at once is not waited for: each wait would cost every
 * request a turn of the event queue, and memory while it lasts.
 */
export class RequestLifecycle<Request> {
  readonly #hooks: RequestHooks<Request>;
  readonly #release: RequestRelease<Request>;
  readonly #work = new ActiveWork<Request>();
  readonly #verified = new Condition();
  #verifying = 0;

  constructor(hooks: RequestHooks<Request>) {
    this.#hooks = hooks;
    this.#release = new RequestRelease(hooks, this.report.bind(this));
  }

  /** How many requests an asynchronous `verifyRequest()` holds. */
  get verifying(): number {
    return this.#verifying;
  }

  /** Resolves when it holds one fewer. */
  verified(): Promise<void> {
    return this.#verified.wait();
  }

  /** The requests being handled. */
  get active(): Request[] {
    return this.#work.requests;
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
    const work = this.#work.begin(request);
    let verified: boolean | Promise<boolean>;
    let processed: void | Promise<void> = undefined;
    try {
      verified = this.#hooks.verifyRequest(request, clientAddress);
      if (verified === true) {
        processed = this.#hooks.processRequest(request, clientAddress);
        if (processed === undefined) return this.#work.end(work);
      }
    } catch (error) {
      return this.#settle(Promise.reject(error), work, clientAddress);
    }
    const step = processed ?? this.#processIf(verified, request, clientAddress);
    const settled = this.#settle(step, work, clientAddress);
    return beside && typeof verified === "object" ? undefined : settled;
  }

  /**
   * Handles requests in the next turn, as the loop would: one after the other,
   * if `processRequest()` is waited for. They count from now on.
   */
  async dispatchSoon(arrivals: readonly Arrival<Request>[]): Promise<void> {
    if (arrivals.length === 0) return;
    const work = arrivals.map(([request]) => this.#work.begin(request));
    await new Promise((resolve) => setTimeout(resolve, 0));
    for (const [i, arrival] of arrivals.entries()) {
      const handled = this.dispatch(arrival, true);
      this.#work.end(work[i]!);
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
    const work = this.#work.begin(request);
    let worked: void | Promise<void>;
    try {
      worked = handle.call(this.#hooks, request, clientAddress);
    } catch (error) {
      worked = Promise.reject(error);
    }
    return Promise.resolve(worked).then(
      () => this.#shutDown(work, clientAddress),
      (error) => this.#fail(error, work, clientAddress),
    );
  }

  /** Releases a request whose work has failed. */
  async #fail(
    error: unknown,
    work: Work<Request>,
    clientAddress: Deno.Addr,
  ): Promise<void> {
    await this.report(error, work.request, clientAddress);
    await this.#shutDown(work, clientAddress);
  }

  /** Releases a request: the end of the work on it. */
  #shutDown(
    work: Work<Request>,
    clientAddress: Deno.Addr,
  ): void | Promise<void> {
    const released = this.#release.shutDown(work.request, clientAddress);
    if (released === undefined) return this.#work.end(work);
    return released.then(() => this.#work.end(work));
  }

  /** Releases a request that nobody is to handle. */
  async release([request, clientAddress]: Arrival<Request>): Promise<void> {
    await this.#shutDown(this.#work.begin(request), clientAddress);
  }

  /** Closes a request when `step`, which must not reject, has ended. */
  async closeAfter(request: Request, step: Promise<void>): Promise<void> {
    const work = this.#work.begin(request);
    await step;
    await this.#release.close(request);
    this.#work.end(work);
  }

  /** Resolves when no request is being handled, and no error reported, any more. */
  drained(): Promise<void> {
    return this.#work.drained();
  }

  /** Closes the requests that are being handled; never takes long. */
  async closeRemaining(): Promise<void> {
    await Promise.all(this.active.map((request) => this.close(request)));
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
    return this.#work.report(this.report(error, undefined, undefined));
  }

  async #processIf(
    verified: boolean | Promise<boolean>,
    request: Request,
    clientAddress: Deno.Addr,
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
      ? this.#hooks.processRequest(request, clientAddress)
      : this.#release.shutDown(request, clientAddress));
  }

  /** Waits for a request; releases it if it fails. */
  #settle(
    step: Promise<void>,
    work: Work<Request>,
    clientAddress: Deno.Addr,
  ): Promise<void> {
    return Promise.resolve(step).then(
      () => this.#work.end(work),
      (error) => this.#fail(error, work, clientAddress),
    );
  }
}
