import { ELSEWHERE, noteOrigin } from "../streams/error_origin.ts";
import {
  LAST_GRACE,
  succeedsWithin,
  toMilliseconds,
} from "../streams/time_limit.ts";
import type { Arrival } from "./arrival.ts";
import type { Executor } from "./executor.ts";
import { type IntakeMeans, RequestIntake } from "./request_intake.ts";
import type { RequestLifecycle } from "./request_lifecycle.ts";
import { Run, type RunOptions } from "./run.ts";
import type { ServerHooks } from "./server_hooks.ts";
import type { ServeForeverOptions } from "./server_options.ts";
import { callAs, runAs, type Serving } from "./serving_context.ts";
import { TAKING_LIMIT } from "./take_waiting.ts";

/** The hooks that the loop calls. */
export type ServeHooks<Request> = Pick<
  ServerHooks<Request>,
  "getRequest" | "handleTimeout" | "serviceActions"
>;

/** What else the loop needs of its server; see `TransportHooks`. */
export interface ServeMeans
  extends IntakeMeans, Pick<Executor, "start" | "whenFree" | "rest"> {
  keepAlive(program: boolean): void;
  repliesByListener(): boolean;
  /** Whether requests are handled beside the loop. */
  handlesBesideLoop(): boolean;
  /** How long a stopped run waits for the request in it, in seconds. */
  drainTimeout(): number | null;
}

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
  #run: Run | null = null;
  /** What the loop itself handles, and waits for. */
  #inHand: Arrival<Request> | null = null;
  #closed = false;
  /** Whether what still comes is not handled any more. */
  #ended = false;

  constructor(
    hooks: ServeHooks<Request>,
    means: ServeMeans,
    lifecycle: RequestLifecycle<Request>,
  ) {
    this.#hooks = hooks;
    this.#means = means;
    this.#lifecycle = lifecycle;
    const report = (error: unknown) => void lifecycle.reportApart(error);
    this.#intake = new RequestIntake(hooks, means, report);
    this.#serving = { server: hooks, report };
  }

  /**
   * Handles requests until `stop()` or `close()`, or until it fails.
   *
   * @param paced Whether to call `serviceActions()`.
   */
  async run(options: ServeForeverOptions, paced: boolean): Promise<void> {
    const { signal, pollInterval = 0.5 } = options;
    const run = this.#begin({ forever: true, paced });
    const stop = () => this.#stop(run);
    let pacemaker: ReturnType<typeof setInterval> | undefined;
    try {
      signal?.addEventListener("abort", stop);
      if (signal?.aborted) run.stop();
      if (paced && pollInterval !== null) {
        pacemaker = setInterval(() => run.wake(), toMilliseconds(pollInterval));
      }
      await this.#carryOut(run, () => this.#serve(run));
    } finally {
      clearInterval(pacemaker);
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
    if (!run?.forever || !this.#takesMore) return null;
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
    this.#intake.close((arrival) => this.#takeLate(arrival));
    if (run?.forever) await run.ended;
  }

  /** Resolves when what the closed listener had given out has come, if it may. */
  async lastTaken(): Promise<void> {
    // It is on its way: that takes a few steps, but no event.
    const may = this.#intake.underway && this.#takesMore;
    if (may) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** Releases, from now on, a request that comes too late, or is half taken. */
  end(): void {
    this.#ended = true;
    this.#means.releaseUntaken();
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
    const drainTimeout = this.#means.drainTimeout();
    if (drainTimeout === null) return await run.ended;
    if (await succeedsWithin(run.ended, drainTimeout)) return;
    if (this.#inHand !== null) await this.#lifecycle.close(this.#inHand[0]);
    if (await succeedsWithin(run.ended, LAST_GRACE)) return;
    run.abandon();
    await run.ended;
  }

  async #serve(run: Run): Promise<void> {
    await run.until(() => this.#means.start());
    if (run.stopped) return; // it was told to stop before it began
    while (!run.stopped) {
      const held = this.#whenFree();
      if (held !== null) {
        await this.#holdBack(run, held);
        continue;
      }
      const arrival = await this.#intake.next(run);
      if (arrival !== null) {
        const handled = this.#lifecycle.dispatch(
          arrival,
          this.#means.handlesBesideLoop(),
        );
        if (handled !== undefined) await this.#waitFor(handled, arrival);
        // A reply that is sent at once leaves before the next wait: that saves a
        // datagram server more than half a microsecond of nine.
        else await null;
      }
      if (run.paced) await this.#callServiceActions();
    }
    if (this.#takesMore) await this.#takeWaiting(run);
  }

  /** Whether further requests may be taken when the server is told to stop. */
  get #takesMore(): boolean {
    return this.#means.handlesBesideLoop() && !this.#means.repliesByListener();
  }

  /**
   * Takes the requests that wait already: clients have been let in by the system
   * that may have sent their requests. That keeps no other request waiting.
   *
   * Their handlers begin when no more come, and when the caller has been told.
   * Clients that come again as soon as they are answered then find the listener
   * closed, if it is to be, and not a queue that is dropped.
   */
  async #takeWaiting(run: Run): Promise<void> {
    const taken: Arrival<Request>[] = [];
    try {
      const hasRoom = (count: number) => this.#whenFree(count) === null;
      await this.#intake.takeWaiting(run, hasRoom, taken);
    } finally {
      this.#lifecycle.dispatchSoon(taken);
    }
  }

  async #serveOne(run: Run, timeout: number | null): Promise<void> {
    await run.until(() => this.#means.start());
    let timedOut = false;
    const giveUp = () => {
      timedOut = true;
      run.stop();
    };
    // With a timeout of 0, a client that is already waiting is still accepted:
    // that takes one turn of the event loop.
    let timer = timeout === null ? undefined : setTimeout(() => {
      timer = setTimeout(giveUp, 0);
    }, toMilliseconds(timeout));
    let arrival: Arrival<Request> | null;
    try {
      let held: Promise<void> | null;
      while (!run.stopped && (held = this.#whenFree()) !== null) {
        await this.#holdBack(run, held);
      }
      arrival = await this.#intake.next(run);
    } finally {
      clearTimeout(timer);
    }
    if (arrival !== null) await this.#lifecycle.dispatch(arrival);
    else if (timedOut) await this.#hooks.handleTimeout();
  }

  async #waitFor(
    handled: Promise<void>,
    arrival: Arrival<Request>,
  ): Promise<void> {
    this.#inHand = arrival;
    await handled;
    // If this run has been abandoned, it may be another's by now.
    if (this.#inHand === arrival) this.#inHand = null;
  }

  /** As of the executor; what `verifyRequest()` holds has been taken, too. */
  #whenFree(taken = 0): Promise<void> | null {
    const { verifying } = this.#lifecycle;
    const held = this.#means.whenFree(taken + verifying);
    return held === null || verifying === 0
      ? held
      : Promise.race([held, this.#lifecycle.verified()]);
  }

  /** Waits until the executor takes requests again. */
  #holdBack(run: Run, held: Promise<void>): Promise<void> {
    return run.until(
      () => held,
      () => run.paced ? this.#callServiceActions() : undefined,
    );
  }

  /** Takes a request that comes when the server is being closed. */
  #takeLate(arrival: Arrival<Request>): void {
    callAs(this.#serving, () => {
      if (this.#ended || !this.#takesMore) this.#lifecycle.release(arrival);
      else this.#lifecycle.dispatch(arrival, true);
    });
  }

  async #callServiceActions(): Promise<void> {
    try {
      await this.#hooks.serviceActions();
    } catch (error) {
      noteOrigin(error, ELSEWHERE);
      await this.#lifecycle.report(error, undefined, undefined);
    }
  }
}
