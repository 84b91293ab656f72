import { LAST_GRACE, succeedsWithin } from "../streams/time_limit.ts";
import { AcceptLoop } from "./accept_loop.ts";
import type { RequestLifecycle } from "./request_lifecycle.ts";
import { Run, type RunOptions } from "./run.ts";
import type { ServeHooks, ServeMeans } from "./serve_means.ts";
import type { ServeForeverOptions } from "./server_options.ts";
import { runAs, type Serving } from "./serving_context.ts";
import { TAKING_LIMIT } from "./take_waiting.ts";

/**
 * Begins and stops what a server does: the runs of its {@linkcode AcceptLoop}.
 *
 * Each call of `serveForever()` and `handleRequest()` is a {@linkcode Run} of
 * its own: to stop one says nothing about the next.
 */
export class ServeLoop<Request> {
  readonly #means: ServeMeans;
  readonly #lifecycle: RequestLifecycle<Request>;
  readonly #serving: Serving;
  readonly #loop: AcceptLoop<Request>;
  #run: Run | null = null;

  constructor(
    hooks: ServeHooks<Request>,
    means: ServeMeans,
    lifecycle: RequestLifecycle<Request>,
  ) {
    this.#means = means;
    this.#lifecycle = lifecycle;
    const report = (error: unknown) => void lifecycle.ending.reportApart(error);
    const serving = this.#serving = { server: hooks, report };
    this.#loop = new AcceptLoop(hooks, means, lifecycle, serving);
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
      using _pace = this.#loop.actions.pace(run, pollInterval);
      await this.#carryOut(run, () => this.#loop.serve(run));
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
      await this.#carryOut(run, () => this.#loop.serveOne(run, timeout));
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
    if (!run?.forever || !this.#loop.late.wanted) return null;
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
    run?.stop();
    this.#loop.intake.close((arrival) => this.#loop.late.take(arrival));
    if (run?.forever) await run.ended;
  }

  /** Resolves when what the closed listener had given out has come, if it may. */
  lastTaken(): Promise<void> {
    return this.#loop.late.lastTaken();
  }

  /** Releases, from now on, a request that comes too late, or is half taken. */
  end(): void {
    this.#loop.late.end();
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
    this.#loop.intake.rest();
    this.#means.rest(!run.forever);
    // Lets the program end, unless the socket is being closed.
    if (!this.#loop.intake.closed) this.#means.keepAlive(false);
  }

  /** Stops a run: a request that it handles itself has `drainTimeout` to end. */
  async #stop(run: Run): Promise<void> {
    run.stop();
    this.#lifecycle.signals.stop();
    const drainTimeout = this.#means.drainTimeout();
    if (drainTimeout === null) return await run.ended;
    if (await succeedsWithin(run.ended, drainTimeout)) return;
    await this.#loop.closeInHand();
    if (await succeedsWithin(run.ended, LAST_GRACE)) return;
    run.abandon();
    await run.ended;
  }
}
