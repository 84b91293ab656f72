import type { Arrival } from "./arrival.ts";
import type { RequestIntake } from "./request_intake.ts";
import type { RequestLifecycle } from "./request_lifecycle.ts";
import type { Run } from "./run.ts";
import type { ServeMeans } from "./serve_means.ts";
import { callAs, type Serving } from "./serving_context.ts";

/** What handles the requests of a server. */
interface Handling<Request> {
  readonly intake: RequestIntake<Request>;
  readonly lifecycle: RequestLifecycle<Request>;
  readonly serving: Serving;
}

/**
 * The requests that a server still takes when it is told to stop: clients have
 * been let in by the system that may have sent their requests.
 *
 * Where one request keeps the others waiting, none is taken any more; nor where
 * replies need the listener.
 */
export class LateRequests<Request> {
  readonly #means: ServeMeans;
  readonly #handling: Handling<Request>;
  #ended = false;

  constructor(means: ServeMeans, handling: Handling<Request>) {
    this.#means = means;
    this.#handling = handling;
  }

  /** Whether further requests are taken. */
  get wanted(): boolean {
    return this.#means.handlesBesideLoop() && !this.#means.repliesByListener();
  }

  /**
   * Takes the requests that wait already.
   *
   * Their handlers begin when no more come, and when the caller has been told.
   * Clients that come again as soon as they are answered then find the listener
   * closed, if it is to be, and not a queue that is dropped.
   *
   * @param hasRoom Whether there is room for one more than have been taken.
   */
  async takeWaiting(
    run: Run,
    hasRoom: (taken: number) => boolean,
  ): Promise<void> {
    const { intake, lifecycle } = this.#handling;
    const taken: Arrival<Request>[] = [];
    try {
      await intake.takeWaiting(run, hasRoom, taken);
    } finally {
      lifecycle.dispatchSoon(taken);
    }
  }

  /** Takes a request that comes when the server is being closed. */
  take(arrival: Arrival<Request>): void {
    const { lifecycle, serving } = this.#handling;
    callAs(serving, () => {
      if (this.#ended || !this.wanted) lifecycle.release(arrival);
      else lifecycle.dispatch(arrival, true, true);
    });
  }

  /** Resolves when what the closed listener had given out has come, if it may. */
  async lastTaken(): Promise<void> {
    // It is on its way: that takes a few steps, but no event.
    const may = this.#handling.intake.underway && this.wanted;
    if (may) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** Releases, from now on, a request that comes too late, or is half taken. */
  end(): void {
    this.#ended = true;
    this.#means.releaseUntaken();
  }
}
