import { abortable } from "@std/async/abortable";
import { delay } from "@std/async/delay";
import { classifyAcceptError } from "./accept_errors.ts";
import { InterruptibleWait } from "./interruptible_wait.ts";
import type { BaseServer } from "./base_server.ts";
import type { RequestLifecycle } from "./request_lifecycle.ts";
import type { ServeForeverOptions } from "./server_options.ts";
import { toMilliseconds } from "../streams/time_limit.ts";
import { runAs } from "./serving_context.ts";

/** One call of `handleRequest()`, or of `serveForever()`. */
interface Turn {
  /** Aborted when no further request is to be taken. */
  readonly stop: AbortController;
  /** Resolved when a request that the loop waits for has been given up. */
  readonly abandoned: PromiseWithResolvers<void>;
}

/** One call of `serveForever()`. */
interface Run extends Turn {
  /** Resolved when `serveForever()` is about to return. */
  readonly ended: PromiseWithResolvers<void>;
}

const FIRST_BACK_OFF_MS = 5;
const LONGEST_BACK_OFF_MS = 1000;

/**
 * Waits for requests and passes them on, one after the other.
 *
 * Each run has a token of its own: to stop one says nothing about the next.
 */
export class ServeLoop<Request> {
  readonly #server: BaseServer<Request, Deno.Addr>;
  readonly #lifecycle: RequestLifecycle<Request>;
  readonly #arrivals: InterruptibleWait<readonly [Request, Deno.Addr]>;
  #run: Run | null = null;
  /** Set while one request is waited for and handled. */
  #single: Turn | null = null;
  /** What the server waits for while it is held back. */
  #gate: InterruptibleWait<void> | null = null;
  #closed = false;
  #backOff = 0;

  constructor(
    server: BaseServer<Request, Deno.Addr>,
    lifecycle: RequestLifecycle<Request>,
  ) {
    this.#server = server;
    this.#lifecycle = lifecycle;
    this.#arrivals = new InterruptibleWait(() => server.getRequest());
  }

  /**
   * Handles requests until `stop()` or `close()`, or until it fails.
   *
   * @param paced Whether to call `serviceActions()`.
   */
  async run(options: ServeForeverOptions, paced: boolean): Promise<void> {
    this.#checkIdle();
    const { signal, pollInterval = 0.5 } = options;
    const run = this.#run = {
      ...this.#begin(),
      ended: Promise.withResolvers<void>(),
    };
    const { signal: stopped } = run.stop;
    const stop = () => run.stop.abort();
    signal?.addEventListener("abort", stop);
    if (signal?.aborted) stop();
    const pacemaker = paced && pollInterval !== null
      ? setInterval(() => this.#wake(), toMilliseconds(pollInterval))
      : undefined;
    try {
      this.#server.ref();
      await Promise.race([
        runAs(this.#server, () => this.#serve(stopped, paced)),
        run.abandoned.promise,
      ]);
    } finally {
      clearInterval(pacemaker);
      signal?.removeEventListener("abort", stop);
      // Whatever the hooks do, the server can serve again, and be closed.
      try {
        this.#letGo();
      } finally {
        try {
          this.#server.servingEnded();
        } finally {
          this.#run = null;
          run.ended.resolve();
        }
      }
    }
  }

  /** Handles one request, or none if the server's timeout passes. */
  async runOnce(): Promise<void> {
    this.#checkIdle();
    const single = this.#single = this.#begin();
    try {
      this.#server.ref();
      await Promise.race([
        runAs(this.#server, () => this.#serveOne(single.stop)),
        single.abandoned.promise,
      ]);
    } finally {
      this.#single = null;
      this.#letGo();
    }
  }

  /** Stops the run, if there is one; resolves when it has ended. */
  async stop(): Promise<void> {
    const run = this.#run;
    run?.stop.abort();
    await run?.ended.promise;
  }

  /** Stops the run for good, and releases a request that comes too late. */
  close(): Promise<void> {
    this.#closed = true;
    this.#single?.stop.abort();
    const ended = this.stop();
    this.#arrivals.close(([request, clientAddress]) =>
      this.#lifecycle.detach(request, clientAddress, () => {})
    );
    return ended;
  }

  /** Ends the run although a request in it has not ended. */
  abandon(): void {
    this.#run?.abandoned.resolve();
    this.#single?.abandoned.resolve();
  }

  /** Lets the program end, if it is not yet to hear of the socket's end. */
  #letGo(): void {
    if (!this.#closed) this.#server.unref();
  }

  #begin(): Turn {
    const stop = new AbortController();
    stop.signal.addEventListener("abort", () => this.#wake());
    return { stop, abandoned: Promise.withResolvers() };
  }

  /** Ends the wait for a request, or for the server to be ready. */
  #wake(): void {
    this.#arrivals.wake();
    this.#gate?.wake();
  }

  #checkIdle(): void {
    if (this.#run === null && this.#single === null) return;
    throw new Deno.errors.Busy("Cannot serve as the server is serving already");
  }

  async #serve(signal: AbortSignal, paced: boolean): Promise<void> {
    if (signal.aborted) return;
    await this.#unlessAborted(this.#server.prepareToServe(), signal);
    while (!signal.aborted) {
      const held = this.#server.whenReady();
      if (held !== null) {
        await this.#holdBack(held, signal, paced);
        continue;
      }
      try {
        const arrival = await this.#arrivals.next();
        this.#backOff = 0;
        if (arrival !== null) await this.#lifecycle.dispatch(arrival);
      } catch (error) {
        if (await this.#recover(error, signal) === "closed") return;
      }
      if (paced) await this.#callServiceActions();
    }
  }

  /** Waits for a hook, but not when the server is to stop. */
  async #unlessAborted(
    hook: void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    if (hook === undefined) return;
    try {
      await abortable(hook, signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Waits until a hook lets the server go on, or `signal` is aborted. */
  async #holdBack(
    held: Promise<void>,
    signal: AbortSignal,
    paced: boolean,
  ): Promise<void> {
    const gate = this.#gate = new InterruptibleWait(() => held);
    try {
      while (!signal.aborted && await gate.next() === null) {
        if (paced) await this.#callServiceActions();
      }
    } finally {
      this.#gate = null;
    }
  }

  async #serveOne(stop: AbortController): Promise<void> {
    const { signal } = stop;
    if (this.#closed) return;
    await this.#unlessAborted(this.#server.prepareToServe(), signal);
    const { timeout } = this.#server;
    let timedOut = false;
    const giveUp = () => {
      timedOut = true;
      stop.abort();
    };
    // One turn more, or a client that waits already is not seen with 0 seconds.
    let timer = timeout === null ? undefined : setTimeout(() => {
      timer = setTimeout(giveUp, 0);
    }, toMilliseconds(timeout));
    let arrival;
    try {
      arrival = await this.#waitForOne(signal);
    } finally {
      clearTimeout(timer);
    }
    if (arrival !== null) await this.#lifecycle.dispatch(arrival);
    else if (timedOut) await this.#server.handleTimeout();
  }

  /** Waits for a request; `null` if it is lost, or `signal` is aborted. */
  async #waitForOne(
    signal: AbortSignal,
  ): Promise<readonly [Request, Deno.Addr] | null> {
    let held: Promise<void> | null;
    while (!signal.aborted && (held = this.#server.whenReady()) !== null) {
      await this.#holdBack(held, signal, false);
    }
    if (signal.aborted) return null;
    try {
      const arrival = await this.#arrivals.next();
      this.#backOff = 0;
      return arrival;
    } catch (error) {
      const state = await this.#recover(error, signal);
      if (state === "closed" && !this.#closed) throw error;
      return null;
    }
  }

  /** Decides what a failed wait for a request means; throws if the worst. */
  async #recover(
    error: unknown,
    signal: AbortSignal,
  ): Promise<"open" | "closed"> {
    if (this.#closed) return "closed";
    switch (classifyAcceptError(error)) {
      case "closed":
        return "closed";
      case "lost":
        return "open";
      case "exhausted":
        // Connections must end first. Asking on would take a whole core.
        this.#backOff = Math.min(
          this.#backOff * 2 || FIRST_BACK_OFF_MS,
          LONGEST_BACK_OFF_MS,
        );
        await delay(this.#backOff, { signal }).catch(() => {});
        return "open";
      case "fatal":
        throw error;
    }
  }

  async #callServiceActions(): Promise<void> {
    try {
      await this.#server.serviceActions();
    } catch (error) {
      await this.#lifecycle.report(error, undefined, undefined);
    }
  }
}
