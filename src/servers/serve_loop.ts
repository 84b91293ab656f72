import { LAST_GRACE, succeedsWithin } from "../streams/time_limit.ts";
import { Admission } from "./admission.ts";
import type { Arrival } from "./arrival.ts";
import { LateRequests } from "./late_requests.ts";
import { Patience } from "./patience.ts";
import { RequestIntake } from "./request_intake.ts";
import type { RequestLifecycle } from "./request_lifecycle.ts";
import { Run, type RunOptions } from "./run.ts";
import type { ServeHooks, ServeMeans } from "./serve_means.ts";
import type { ServeForeverOptions } from "./server_options.ts";
import { ServiceActions } from "./service_actions.ts";
import { runAs, type Serving } from "./serving_context.ts";
import { TAKING_LIMIT } from "./take_waiting.ts";

/**
 * Waits for requests and passes them on, one after the other.
 *
 * Each call of `serveForever()` and `handleRequest()` is a {@linkcode Run} of
 * its own: to stop one says nothing about the next.
 */
export class ServeLoop<Request> {
  readonly #hooks: ServeHooks<Request>;
  readonly #means: ServeMeans;
  readonly #lifecycle: RequestLifecycle<Request>;
  readonly #intake: RequestIntake<Request>;
  readonly #serving: Serving;
  readonly #late: LateRequests<Request>;
  readonly #actions: ServiceActions;
  readonly #admission: Admission;
  #run: Run | null = null;
  /** What the loop itself handles, and waits for. */
  #inHand: Arrival<Request> | null = null;
  #closed = false;

  constructor(
    hooks: ServeHooks<Request>,
    means: ServeMeans,
    lifecycle: RequestLifecycle<Request>,
  ) {
    this.#hooks = hooks;
    this.#means = means;
    this.#lifecycle = lifecycle;
    const report = (error: unknown) => void lifecycle.ending.reportApart(error);
    const serving = this.#serving = { server: hooks, report };
    const intake = this.#intake = new RequestIntake(hooks, means, report);
    this.#late = new LateRequests(means, { intake, lifecycle, serving });
    this.#actions = new ServiceActions(
      hooks,
      (error) => lifecycle.ending.report(error, undefined, undefined),
    );
    this.#admission = new Admission(means, lifecycle, this.#actions);
  }

  /**
   * Handles requests until `stop()` or `close()`, or until it fails.
   *
   * @param paced Whether to call `serviceActions()`.
   */
  async run(options: ServeForeverOptions, paced: boolean): Promise<void> {
    const { signal, pollInterval = 0.5 } = options;
    const run = this.#begin({ forever: true, paced });
    const stop = () => void this.#stop(run);
    try {
      signal?.addEventListener("abort", stop);
      if (signal?.aborted) run.stop();
      using _pace = this.#actions.pace(run, pollInterval);
      await this.#carryOut(run, () => this.#serve(run));
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#end(run);
    }
  }

  /**
   * Handles one request, or none if the timeout passes.
   *
   * @param timeout In seconds; `null` for none.
   */
  async runOnce(timeout: number | null): Promise<void> {
    const run = this.#begin({ forever: false });
    try {
      await this.#carryOut(run, () => this.#serveOne(run, timeout));
    } finally {
      this.#end(run);
    }
  }

  /** Stops `run()`, if it runs; resolves when it has ended. */
  async stop(): Promise<void> {
    if (this.#run?.forever) await this.#stop(this.#run);
  }

  /**
   * Stops before the listener is closed.
   *
   * @returns A promise for when the run has taken what waits already, which
   * resolves soon in any case; `null` if nothing is to be waited for.
   */
  stopTaking(): Promise<unknown> | null {
    const run = this.#run;
    if (!run?.forever || !this.#late.wanted) return null;
    run.stop();
    return succeedsWithin(run.ended, TAKING_LIMIT);
  }

  /**
   * Stops for good; resolves when the run has ended. A connection that the
   * system has given out already is handled all the same, where that keeps no
   * other request waiting.
   */
  async close(): Promise<void> {
    const run = this.#run;
    this.#closed = true;
    run?.stop();
    this.#intake.close((arrival) => this.#late.take(arrival));
    if (run?.forever) await run.ended;
  }

  /** Resolves when what the closed listener had given out has come, if it may. */
  lastTaken(): Promise<void> {
    return this.#late.lastTaken();
  }

  /** Releases, from now on, a request that comes too late, or is half taken. */
  end(): void {
    this.#late.end();
  }

  /** Ends the run although a request in it has not ended. */
  abandon(): void {
    this.#run?.abandon();
  }

  #begin(options: RunOptions): Run {
    if (this.#run === null) return this.#run = new Run(options);
    throw new Deno.errors.Busy("Cannot serve as the server is serving already");
  }

  async #carryOut(run: Run, serve: () => Promise<void>): Promise<void> {
    this.#means.keepAlive(true);
    await run.unlessAbandoned(runAs(this.#serving, serve));
  }

  /** Even if a hook has thrown, the server can serve again, and be closed. */
  #end(run: Run): void {
    this.#run = null;
    run.end();
    this.#intake.rest();
    this.#means.rest(!run.forever);
    // Lets the program end, unless the socket is being closed.
    if (!this.#closed) this.#means.keepAlive(false);
  }

  /** Stops a run: a request that it handles itself has `drainTimeout` to end. */
  async #stop(run: Run): Promise<void> {
    run.stop();
    this.#lifecycle.signals.stop();
    const drainTimeout = this.#means.drainTimeout();
    if (drainTimeout === null) return await run.ended;
    if (await succeedsWithin(run.ended, drainTimeout)) return;
    if (this.#inHand !== null) {
      await this.#lifecycle.ending.close(this.#inHand[0]);
    }
    if (await succeedsWithin(run.ended, LAST_GRACE)) return;
    run.abandon();
    await run.ended;
  }

  async #serve(run: Run): Promise<void> {
    await run.until(() => this.#means.start());
    if (run.stopped) return; // it was told to stop before it began
    while (!run.stopped) {
      if (this.#admission.whenFree() !== null) {
        await this.#admission.wait(run);
        continue;
      }
      let arrival: Arrival<Request> | null = null;
      try {
        arrival = await this.#intake.next(run);
      } catch (error) {
        await this.#intake.recover(error, run);
      }
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
      if (run.paced) await this.#actions.call();
    }
    if (this.#late.wanted) {
      await this.#late.takeWaiting(
        run,
        (taken) => this.#admission.whenFree(taken) === null,
      );
    }
  }

  async #serveOne(run: Run, timeout: number | null): Promise<void> {
    await run.until(() => this.#means.start());
    using patience = new Patience(run, timeout);
    await this.#admission.wait(run);
    let arrival: Arrival<Request> | null = null;
    try {
      arrival = await this.#intake.next(run);
    } catch (error) {
      await this.#intake.recover(error, run);
    }
    patience[Symbol.dispose]();
    if (arrival !== null) {
      await this.#lifecycle.dispatch(arrival, false, this.#closed);
    } else if (patience.ended) {
      await this.#hooks.handleTimeout();
    }
  }
}
