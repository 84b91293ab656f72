import { InterruptibleWait } from "./interruptible_wait.ts";

/** What kind of run it is. */
export interface RunOptions {
  /** Whether it goes on until it is stopped. */
  readonly forever: boolean;
  /** Whether it calls `serviceActions()`. */
  readonly paced?: boolean;
}

/** One call of `serveForever()` or of `handleRequest()`. */
export class Run {
  readonly forever: boolean;
  readonly paced: boolean;
  readonly #abandoned = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #stopped = false;
  /** What it waits for now, or has waited for last. */
  #wait: { wake(): void } | null = null;

  constructor({ forever, paced = false }: RunOptions) {
    this.forever = forever;
    this.paced = paced;
  }

  /** Whether no further request is to be taken. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Resolved when the call is about to return. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Waits, unless it is stopped: resolves to `null` then, or when woken. */
  wait<T>(wait: InterruptibleWait<T>): Promise<T | null> {
    if (this.#stopped) return Promise.resolve(null);
    this.#wait = wait;
    return wait.next();
  }

  /**
   * Waits for something to its end, unless the run is stopped before.
   *
   * @param onWake Called each time that the run is woken meanwhile.
   */
  async until(
    source: () => Promise<void>,
    onWake: () => void | Promise<void> = () => {},
  ): Promise<void> {
    const wait = new InterruptibleWait(source);
    while (!this.#stopped && await this.wait(wait) === null) await onWake();
  }

  /** Ends the wait. */
  wake(): void {
    this.#wait?.wake();
  }

  /** Ends the wait, and every later one. */
  stop(): void {
    this.#stopped = true;
    this.wake();
  }

  /** Ends the call although a request in it has not ended. */
  abandon(): void {
    this.#abandoned.resolve();
  }

  /** Waits for the work of the call, or until it is abandoned. */
  async unlessAbandoned(work: Promise<void>): Promise<void> {
    await Promise.race([work, this.#abandoned.promise]);
  }

  /** Tells those who wait for the end of the call. */
  end(): void {
    this.#ended.resolve();
  }
}
