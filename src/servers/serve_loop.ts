import { toMilliseconds } from "../streams/time_limit.ts";
import { classifyAcceptError } from "./accept_errors.ts";
import { BackOff } from "./back_off.ts";
import type { Executor } from "./executor.ts";
import { InterruptibleWait } from "./interruptible_wait.ts";
import type { Arrival, RequestLifecycle } from "./request_lifecycle.ts";
import { Run, type RunOptions } from "./run.ts";
import type { ServerHooks } from "./server_hooks.ts";
import type { ServeForeverOptions } from "./server_options.ts";
import { runAs } from "./serving_context.ts";

/** The hooks that the loop calls. */
export type ServeHooks<Request> = Pick<
  ServerHooks<Request>,
  "getRequest" | "handleTimeout" | "serviceActions"
>;

/** What else the loop needs of its server. */
export interface ServeMeans
  extends Pick<Executor, "start" | "whenFree" | "rest"> {
  /** Says whether the open socket is to keep the program alive. */
  keepAlive(program: boolean): void;
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
  #run: Run | null = null;
  #closed = false;
  readonly #backOff = new BackOff();

  constructor(
    hooks: ServeHooks<Request>,
    means: ServeMeans,
    lifecycle: RequestLifecycle<Request>,
  ) {
    this.#hooks = hooks;
    this.#means = means;
    this.#lifecycle = lifecycle;
    this.#arrivals = new InterruptibleWait(() => hooks.getRequest());
  }

  /**
   * Handles requests until `stop()` or `close()`, or until it fails.
   *
   * @param paced Whether to call `serviceActions()`.
   */
  async run(options: ServeForeverOptions, paced: boolean): Promise<void> {
    const { signal, pollInterval = 0.5 } = options;
    const run = this.#begin({ forever: true, paced });
    const stop = () => run.stop();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    const pacemaker = paced && pollInterval !== null
      ? setInterval(() => run.wake(), toMilliseconds(pollInterval))
      : undefined;
    try {
      await this.#carryOut(run, () => this.#serve(run));
    } finally {
      clearInterval(pacemaker);
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * Handles one request, or none if the timeout passes.
   *
   * @param timeout In seconds; `null` for none.
   */
  async runOnce(timeout: number | null): Promise<void> {
    const run = this.#begin({ forever: false });
    await this.#carryOut(run, () => this.#serveOne(run, timeout));
  }

  /** Stops `run()`, if it runs; resolves when it has ended. */
  async stop(): Promise<void> {
    const run = this.#run;
    if (!run?.forever) return;
    run.stop();
    await run.ended;
  }

  /** Stops for good, and releases a request that comes too late. */
  close(): Promise<void> {
    this.#closed = true;
    this.#run?.stop();
    this.#arrivals.close((arrival) => this.#lifecycle.release(arrival));
    return this.stop();
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
    try {
      this.#means.keepAlive(true);
      await run.unlessAbandoned(runAs(this.#hooks, serve));
    } finally {
      // Even if a hook has thrown, the server can serve again, and be closed.
      this.#run = null;
      run.end();
      this.#means.rest(!run.forever);
      // Lets the program end, unless the socket is being closed.
      if (!this.#closed) this.#means.keepAlive(false);
    }
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
      if (arrival !== null) await this.#lifecycle.dispatch(arrival);
      if (run.paced) await this.#callServiceActions();
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
    if (this.#closed) return run.stop();
    switch (classifyAcceptError(error)) {
      case "closed":
        if (run.forever) return run.stop();
        throw error;
      case "lost":
        return;
      case "exhausted":
        return await this.#backOff.pause(run);
      case "fatal":
        throw error;
    }
  }

  async #callServiceActions(): Promise<void> {
    try {
      await this.#hooks.serviceActions();
    } catch (error) {
      await this.#lifecycle.report(error, undefined, undefined);
    }
  }
}
