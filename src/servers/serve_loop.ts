import { ELSEWHERE, noteOrigin } from "../streams/error_origin.ts";
import {
  LAST_GRACE,
  succeedsWithin,
  toMilliseconds,
} from "../streams/time_limit.ts";
import { isSocketClosed } from "./accept_errors.ts";
import { BackOff } from "./back_off.ts";
import type { Executor } from "./executor.ts";
import { isExhaustion, Shortage } from "./exhaustion.ts";
import { FailureReports } from "./failure_reports.ts";
import { InterruptibleWait } from "./interruptible_wait.ts";
import {
  type Arrival,
  checkArrival,
  type RequestLifecycle,
} from "./request_lifecycle.ts";
import { Run, type RunOptions } from "./run.ts";
import type { ServerHooks } from "./server_hooks.ts";
import type { ServeForeverOptions } from "./server_options.ts";
import { callAs, runAs, type Serving } from "./serving_context.ts";

/** How long a stopped run takes further requests that wait already, in seconds. */
const TAKING_LIMIT = 0.1;
/** After how long without any none are taken to wait, in milliseconds. */
const QUIET_MS = 5;

/** The hooks that the loop calls. */
export type ServeHooks<Request> = Pick<
  ServerHooks<Request>,
  "getRequest" | "handleTimeout" | "serviceActions"
>;

/** What else the loop needs of its server; see `TransportHooks`. */
export interface ServeMeans
  extends Pick<Executor, "start" | "whenFree" | "rest"> {
  keepAlive(program: boolean): void;
  isListenerGone(error: unknown): boolean | Promise<boolean>;
  requestTaken(): void;
  releaseUntaken(): void;
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
  readonly #arrivals: InterruptibleWait<Arrival<Request>>;
  readonly #serving: Serving;
  #run: Run | null = null;
  /** What the loop itself handles, and waits for. */
  #inHand: Arrival<Request> | null = null;
  #closed = false;
  /** Whether what still comes is not handled any more. */
  #ended = false;
  readonly #backOff = new BackOff();
  readonly #shortage = new Shortage();
  readonly #failures = new FailureReports();

  constructor(
    hooks: ServeHooks<Request>,
    means: ServeMeans,
    lifecycle: RequestLifecycle<Request>,
  ) {
    this.#hooks = hooks;
    this.#means = means;
    this.#lifecycle = lifecycle;
    this.#arrivals = new InterruptibleWait(
      () => hooks.getRequest(),
      (arrival) => {
        checkArrival(arrival);
        means.requestTaken();
      },
    );
    this.#serving = {
      server: hooks,
      report: (error) => lifecycle.reportApart(error),
    };
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
    this.#arrivals.close((arrival) => this.#takeLate(arrival));
    if (run?.forever) await run.ended;
  }

  /** Resolves when what the closed listener had given out has come, if it may. */
  async lastTaken(): Promise<void> {
    // It is on its way: that takes a few steps, but no event.
    const may = this.#arrivals.underway && this.#takesMore;
    if (may) await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** Releases, from now on, a request that comes too late, or is still to come. */
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
    this.#failures.endTurn();
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
    while (!run.stopped) {
      const held = this.#means.whenFree();
      if (held !== null) {
        await this.#holdBack(run, held);
        continue;
      }
      const arrival = await this.#next(run);
      if (arrival !== null) {
        const handled = this.#lifecycle.dispatch(
          arrival,
          this.#means.handlesBesideLoop(),
        );
        if (handled !== undefined) await this.#waitFor(handled, arrival);
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
    const end = performance.now() + toMilliseconds(TAKING_LIMIT);
    if (!this.#arrivals.underway) return; // it was told to stop before it began
    const taken: Arrival<Request>[] = [];
    while (performance.now() < end && this.#means.whenFree() === null) {
      const arrival = await this.#nextSoon(run);
      if (arrival === null) break;
      taken.push(arrival);
    }
    this.#lifecycle.dispatchSoon(taken);
  }

  /** The next request; `null` if none comes for a moment. */
  async #nextSoon(run: Run): Promise<Arrival<Request> | null> {
    const waiting = this.#arrivals.next();
    // What has come while the loop was busy is seen in the turn after the pause.
    let timer = setTimeout(() => {
      timer = setTimeout(() => this.#arrivals.wake(), 0);
    }, QUIET_MS);
    try {
      return await waiting;
    } catch (error) {
      await this.#recover(error, run);
      return null;
    } finally {
      clearTimeout(timer);
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
      while (!run.stopped && (held = this.#means.whenFree()) !== null) {
        await this.#holdBack(run, held);
      }
      arrival = await this.#next(run);
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
    this.#inHand = null;
  }

  /** Waits until the executor takes requests again. */
  #holdBack(run: Run, held: Promise<void>): Promise<void> {
    return run.until(
      () => held,
      () => run.paced ? this.#callServiceActions() : undefined,
    );
  }

  /** The next request; `null` if it was lost, or the run was woken. */
  async #next(run: Run): Promise<Arrival<Request> | null> {
    try {
      const arrival = await run.wait(this.#arrivals);
      this.#backOff.reset();
      return arrival;
    } catch (error) {
      await this.#recover(error, run);
      return null;
    }
  }

  /** Decides what a failed wait for a request means; throws if the worst. */
  async #recover(error: unknown, run: Run): Promise<void> {
    this.#means.releaseUntaken();
    if (this.#closed) return run.stop();
    if (await this.#means.isListenerGone(error)) {
      if (run.forever && isSocketClosed(error)) return run.stop();
      throw error;
    }
    const exhausted = isExhaustion(error);
    const news = exhausted
      ? this.#shortage.begins()
      : this.#failures.isDue(error);
    if (news) this.#lifecycle.reportApart(error);
    if (this.#failures.isFlood() || exhausted) await this.#backOff.pause(run);
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
