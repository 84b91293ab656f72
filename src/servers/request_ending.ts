import { LAST_GRACE, succeedsWithin } from "../streams/time_limit.ts";
import type { ActiveRequest } from "./active_request.ts";
import type { ActiveRequests } from "./active_requests.ts";
import { hasEndedAsTold } from "./ended_as_told.ts";
import { printRequestError } from "./error_report.ts";
import { type ReleaseHooks, RequestRelease } from "./request_release.ts";
import type { ServerHooks } from "./server_hooks.ts";

/** The hooks that the end of a request leads through. */
export type EndingHooks<Request> =
  & Pick<ServerHooks<Request>, "handleError">
  & ReleaseHooks<Request>;

/**
 * Ends requests by a server's hooks, from `handleError()` to `closeRequest()`.
 *
 * Nothing is thrown here, whatever a hook throws. A request that has been
 * abandoned has been released: of what still goes on with it, only errors count.
 */
export class RequestEnding<Request> {
  /** The requests that are on their way. */
  readonly active: ActiveRequests<Request>;
  readonly #hooks: EndingHooks<Request>;
  readonly #release: RequestRelease<Request>;

  constructor(active: ActiveRequests<Request>, hooks: EndingHooks<Request>) {
    this.active = active;
    this.#hooks = hooks;
    this.#release = new RequestRelease(hooks, this.report.bind(this));
  }

  /** Waits for the work on a request, which releases it; does so if that fails. */
  settle(work: Promise<void>, active: ActiveRequest<Request>): Promise<void> {
    return Promise.resolve(work).then(
      () => this.active.end(active),
      (error) => this.#fail(error, active),
    );
  }

  /** Waits for the work on a request, and then releases it. */
  releaseAfter(
    work: void | Promise<void>,
    active: ActiveRequest<Request>,
  ): Promise<void> {
    return Promise.resolve(work).then(
      () => this.#end(active),
      (error) => this.#fail(error, active),
    );
  }

  /** Releases a request that nobody is to handle. */
  async refuse(active: ActiveRequest<Request>): Promise<void> {
    active.note("refused");
    await this.#end(active);
  }

  /** Shuts a request down, unless it has been abandoned. */
  shutDown(active: ActiveRequest<Request>): void | Promise<void> {
    if (active.isOver) return;
    return this.#release.shutDown(active.request, active.clientAddress);
  }

  /**
   * Closes a request when `step`, which must not reject, has ended. What was
   * asked for has been done: its time counts no longer; if it did, the closing
   * does not take long, either.
   */
  async closeAfter(request: Request, step: Promise<void>): Promise<void> {
    const active = this.active.find(request);
    const isTimed = active?.isTimed ?? false;
    const closing = step.then(() =>
      isTimed ? this.close(request) : this.#release.close(request)
    );
    if (active === null || active.isOver) {
      return await this.active.report(closing);
    }
    active.untime();
    active.givePlaceBack();
    active.pieces++;
    await closing;
    this.active.end(active);
  }

  /** Closes a request, whatever its `closeRequest()` does; never takes long. */
  close(request: Request): Promise<void> {
    return this.#release.closeInTime(request);
  }

  /** Closes the requests that are being handled; never takes long. */
  async closeRemaining(): Promise<void> {
    await Promise.all(
      this.active.requests.map((request) => this.close(request)),
    );
  }

  /** Releases a request although the work on it goes on; never takes long. */
  async abandon(active: ActiveRequest<Request>): Promise<void> {
    const released = Promise.resolve(this.shutDown(active));
    if (!await succeedsWithin(released, LAST_GRACE)) {
      await this.close(active.request);
    }
    this.active.abandon(active);
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

  /** Releases a request whose work has failed, or has ended as it was told. */
  async #fail(error: unknown, active: ActiveRequest<Request>): Promise<void> {
    if (!hasEndedAsTold(error, active)) {
      active.note("failed");
      await this.report(error, active.request, active.clientAddress);
    }
    await this.#end(active);
  }

  /** Shuts a request down: the end of the work on it. */
  #end(active: ActiveRequest<Request>): void | Promise<void> {
    active.givePlaceBack();
    const released = this.shutDown(active);
    if (released === undefined) return this.active.end(active);
    return released.then(() => this.active.end(active));
  }
}
