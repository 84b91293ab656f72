import { Deadlines } from "./deadlines.ts";
import { timedOut, toMilliseconds } from "./time_limit.ts";

/**
 * What makes a call give up: a deadline for all that it waits for, and a signal.
 *
 * One object serves the calls of a stream, one after the other. A call that need
 * not wait starts no deadline, and does not listen to its signal.
 */
export class CallLimits implements EventListenerObject {
  /** What holds for calls that say nothing else. */
  readonly #seconds: number | null;
  readonly #action: string;
  readonly #connection: object;
  readonly #onGivenUp: (() => void) | undefined;
  #deadlines: Deadlines | null = null;
  #deadline: ReturnType<Deadlines["start"]> | null = null;
  /** The one that is listened to. */
  #signal: AbortSignal | undefined;
  #reject: ((reason: unknown) => void) | null = null;

  /**
   * Creates an instance.
   *
   * @param seconds The longest that a call may wait; `null` for ever.
   * @param action What the call does, for the error.
   * @param connection What it waits for.
   * @param onGivenUp Called when a call is about to give up.
   */
  constructor(
    seconds: number | null,
    action: string,
    connection: object,
    onGivenUp?: () => void,
  ) {
    this.#seconds = seconds;
    this.#action = action;
    this.#connection = connection;
    this.#onGivenUp = onGivenUp;
  }

  /**
   * Waits for an operation, one of those that the call consists of. It goes on
   * when the call gives up; whoever calls this must keep its promise.
   *
   * @param seconds The longest that this call may wait.
   * @throws {Deno.errors.TimedOut} If the call has waited for too long.
   * @throws {unknown} The signal's reason, if that is aborted.
   */
  wait<T>(
    operation: Promise<T>,
    signal?: AbortSignal,
    seconds: number | null = this.#seconds,
  ): Promise<T> {
    if (seconds === null && signal === undefined) return operation;
    return new Promise((resolve, reject) => {
      this.#reject = reject;
      if (signal !== undefined && this.#signal === undefined) {
        this.#listen(signal);
      }
      operation.then(resolve, reject);
      if (seconds !== null && this.#deadline === null) {
        this.#startDeadline(seconds);
      }
    });
  }

  /** Makes the operation that is waited for reject, if there is one. */
  giveUp(reason: unknown): void {
    this.#onGivenUp?.();
    this.#reject?.(reason);
  }

  /** Ends the call. */
  end(): void {
    this.#reject = null;
    if (this.#deadline !== null) {
      this.#deadlines!.end(this.#deadline);
      this.#deadline = null;
    }
    if (this.#signal !== undefined) {
      this.#signal.removeEventListener("abort", this);
      this.#signal = undefined;
    }
  }

  /** Called when the signal is aborted. */
  handleEvent(): void {
    this.giveUp(this.#signal!.reason);
  }

  #listen(signal: AbortSignal): void {
    if (signal.aborted) return this.giveUp(signal.reason);
    this.#signal = signal;
    signal.addEventListener("abort", this);
  }

  #startDeadline(seconds: number): void {
    this.#deadlines = Deadlines.of(toMilliseconds(seconds));
    this.#deadline = this.#deadlines.start(() =>
      this.giveUp(timedOut(seconds, this.#action, this.#connection))
    );
  }
}
