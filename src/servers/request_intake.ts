import { type Arrival, checkArrival } from "./arrival.ts";
import { isSocketClosed } from "./accept_errors.ts";
import { BackOff } from "./back_off.ts";
import { isExhaustion } from "../streams/exhaustion.ts";
import { Shortage } from "./shortage.ts";
import { FailureReports } from "./failure_reports.ts";
import { InterruptibleWait } from "./interruptible_wait.ts";
import type { Run } from "./run.ts";
import type { ServerHooks } from "./server_hooks.ts";
import { takeWaiting } from "./take_waiting.ts";

/** What the intake needs of its server; see `TransportHooks`. */
export interface IntakeMeans {
  isListenerGone(error: unknown): boolean | Promise<boolean>;
  requestTaken(): void;
  releaseUntaken(): void;
}

/**
 * Gets requests, one at a time, and decides what a failure to get one means.
 *
 * One client may cause a failure, and may cause it a thousand times. So the only
 * one that is thrown is that of the server's own socket.
 */
export class RequestIntake<Request> {
  readonly #means: IntakeMeans;
  readonly #report: (error: unknown) => void;
  readonly #arrivals: InterruptibleWait<Arrival<Request>>;
  readonly #backOff = new BackOff();
  readonly #shortage: Shortage;
  readonly #failures = new FailureReports();
  #closed = false;

  /**
   * Creates an instance.
   *
   * @param report Takes an error that belongs to no request; returns at once.
   */
  constructor(
    hooks: Pick<ServerHooks<Request>, "getRequest">,
    means: IntakeMeans,
    report: (error: unknown) => void,
  ) {
    this.#means = means;
    this.#report = report;
    this.#shortage = Shortage.of(hooks);
    this.#arrivals = new InterruptibleWait(
      () => hooks.getRequest(),
      (arrival) => {
        checkArrival(arrival);
        means.requestTaken();
        this.#backOff.reset();
      },
    );
  }

  /** Whether a request is waited for, or kept for the next run. */
  get underway(): boolean {
    return this.#arrivals.underway;
  }

  /** Whether the waiting has ended for good. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Waits for a request.
   *
   * @returns `null` if the run was woken.
   * @throws {unknown} What must be given to {@linkcode RequestIntake.recover}.
   */
  next(run: Run): Promise<Arrival<Request> | null> {
    return run.wait(this.#arrivals);
  }

  /**
   * Takes the requests that wait already, until none comes for a moment.
   *
   * @param hasRoom Whether there is room for one more than have been taken.
   * @param taken Where they are put: also if the wait fails for good.
   * @throws {unknown} What says that the socket is no more.
   */
  takeWaiting(
    run: Run,
    hasRoom: (taken: number) => boolean,
    taken: Arrival<Request>[],
  ): Promise<void> {
    const recover = (error: unknown) => this.recover(error, run);
    return takeWaiting({ arrivals: this.#arrivals, hasRoom, recover }, taken);
  }

  /** A run has ended. */
  rest(): void {
    this.#failures.endTurn();
  }

  /**
   * Ends the waiting for good.
   *
   * @param discard Takes what has been kept, and what still comes.
   */
  close(discard: (arrival: Arrival<Request>) => void): void {
    this.#closed = true;
    this.#arrivals.close(discard);
  }

  /**
   * Decides what a failed wait means.
   *
   * @returns Whether the next one may succeed at once.
   * @throws {unknown} What says that the socket is no more.
   */
  async recover(error: unknown, run: Run): Promise<boolean> {
    this.#means.releaseUntaken();
    const gone = !this.#closed && await this.#means.isListenerGone(error);
    if (this.#closed || (gone && run.forever && isSocketClosed(error))) {
      run.stop();
      return false;
    }
    if (gone) throw error;
    const exhausted = isExhaustion(error);
    const isNews = exhausted
      ? this.#shortage.begins()
      : this.#failures.isDue(error);
    if (isNews) this.#report(error);
    if (!this.#failures.isFlood() && !exhausted) return true;
    await this.#backOff.pause(run);
    return false;
  }
}
