import { Admission } from "./admission.ts";
import type { Arrival } from "./arrival.ts";
import { LateRequests } from "./late_requests.ts";
import { Patience } from "./patience.ts";
import { RequestIntake } from "./request_intake.ts";
import type { RequestLifecycle } from "./request_lifecycle.ts";
import type { Run } from "./run.ts";
import type { ServeHooks, ServeMeans } from "./serve_means.ts";
import { ServiceActions } from "./service_actions.ts";
import type { Serving } from "./serving_context.ts";

/** Takes requests and passes them on, one after the other, as long as a run lasts. */
export class AcceptLoop<Request> {
  /** Where they come from. */
  readonly intake: RequestIntake<Request>;
  /** Those that come when a run is told to stop. */
  readonly late: LateRequests<Request>;
  /** What is done between them. */
  readonly actions: ServiceActions;
  readonly #hooks: ServeHooks<Request>;
  readonly #means: ServeMeans;
  readonly #lifecycle: RequestLifecycle<Request>;
  readonly #admission: Admission;
  /** What the loop itself handles, and waits for. */
  #inHand: Arrival<Request> | null = null;

  constructor(
    hooks: ServeHooks<Request>,
    means: ServeMeans,
    lifecycle: RequestLifecycle<Request>,
    serving: Serving,
  ) {
    this.#hooks = hooks;
    this.#means = means;
    this.#lifecycle = lifecycle;
    const intake = this.intake = new RequestIntake(
      hooks,
      means,
      serving.report,
    );
    this.late = new LateRequests(means, { intake, lifecycle, serving });
    this.actions = new ServiceActions(
      hooks,
      (error) => lifecycle.ending.report(error, undefined, undefined),
    );
    this.#admission = new Admission(means, lifecycle, this.actions);
  }

  /** Handles requests until the run is stopped. */
  async serve(run: Run): Promise<void> {
    await run.until(() => this.#means.start());
    if (run.stopped) return; // it was told to stop before it began
    const recover = this.#recoverIn(run);
    while (!run.stopped) {
      if (this.#admission.whenFree() !== null) {
        await this.#admission.wait(run);
        continue;
      }
      const arrival = await this.intake.next(run).catch(recover);
      if (arrival !== null) {
        const handled = this.#lifecycle.dispatch(
          arrival,
          this.#means.handlesBesideLoop(),
          run.stopped, // it has come in the same moment
        );
        if (handled !== undefined) {
          this.#inHand = arrival;
          await handled;
          // If this run has been abandoned, it may be another's by now.
          if (this.#inHand === arrival) this.#inHand = null;
        } else {
          // A reply that is sent at once leaves before the next wait: that saves
          // a datagram server more than half a microsecond of nine.
          await null;
        }
      }
      if (run.paced) await this.actions.call();
    }
    if (this.late.wanted) {
      await this.late.takeWaiting(
        run,
        (taken) => this.#admission.whenFree(taken) === null,
      );
    }
  }

  /**
   * Handles one request, or none if the timeout passes.
   *
   * @param timeout In seconds; `null` for none.
   */
  async serveOne(run: Run, timeout: number | null): Promise<void> {
    await run.until(() => this.#means.start());
    using patience = new Patience(run, timeout);
    await this.#admission.wait(run);
    const arrival = await this.intake.next(run).catch(this.#recoverIn(run));
    patience[Symbol.dispose]();
    if (arrival !== null) {
      await this.#lifecycle.dispatch(arrival, false, this.intake.closed);
    } else if (patience.ended) {
      await this.#hooks.handleTimeout();
    }
  }

  /** Closes the request that the loop waits for, if there is one. */
  async closeInHand(): Promise<void> {
    if (this.#inHand === null) return;
    await this.#lifecycle.ending.close(this.#inHand[0]);
  }

  /** What decides about a failure to get a request: made once for all of a run. */
  #recoverIn(run: Run): (error: unknown) => Promise<null> {
    return async (error) => {
      await this.intake.recover(error, run);
      return null;
    };
  }
}
