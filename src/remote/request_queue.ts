/** Something that handles requests: a thread, or a child process. */
export interface RequestRunner {
  /**
   * Has a request handled; throws what its handler throws.
   *
   * @param turn For {@linkcode RequestQueue.handleAgain}.
   */
  handle(
    request: unknown,
    clientAddress: Deno.Addr,
    turn: number,
  ): Promise<void>;
}

/** A request for which no runner was free. */
interface WaitingRequest {
  readonly turn: number;
  start(runner: RequestRunner): void;
  reject(error: unknown): void;
}

/** The requests of a pool that wait for a runner, in order. */
export class RequestQueue {
  readonly #findFree: () => RequestRunner | undefined;
  readonly #waiting: WaitingRequest[] = [];
  /** Resolved when the number of waiting requests has shrunk. */
  #shrunk = Promise.withResolvers<void>();
  #stopped = false;
  /** How many requests there have been. */
  #turns = 0;

  /**
   * Creates an instance.
   *
   * @param findFree Finds or starts a runner that is free; may throw.
   */
  constructor(findFree: () => RequestRunner | undefined) {
    this.#findFree = findFree;
  }

  /** How many requests wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Has a request handled, when its turn comes. */
  async handle(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    const turn = this.#turns++;
    try {
      const runner = this.length === 0 ? this.#findFree() : undefined;
      await (runner === undefined
        ? this.handleAgain(request, clientAddress, turn)
        : runner.handle(request, clientAddress, turn));
    } finally {
      this.startWaiting();
    }
  }

  /** Has a request handled by another runner, before all that came later. */
  handleAgain(
    request: unknown,
    clientAddress: Deno.Addr,
    turn: number,
  ): Promise<void> {
    return new Promise((resolve, reject) => {
      const before = this.#waiting.findLastIndex((it) => it.turn < turn);
      this.#waiting.splice(before + 1, 0, {
        turn,
        start: (runner) => resolve(runner.handle(request, clientAddress, turn)),
        reject,
      });
      this.startWaiting();
    });
  }

  /** Starts as many waiting requests as there are free runners. */
  startWaiting(): void {
    while (this.#waiting.length > 0 && !this.#stopped) {
      const [first] = this.#waiting;
      try {
        const runner = this.#findFree();
        if (runner === undefined) return;
        first!.start(runner);
      } catch (error) {
        first!.reject(error);
      }
      this.#waiting.shift();
      this.#shrunk.resolve();
      this.#shrunk = Promise.withResolvers();
    }
  }

  /** Resolves when fewer requests wait than do now. */
  async whenShrunk(): Promise<void> {
    await this.#shrunk.promise;
  }

  /** Starts none that waits any more: they are about to be ended. */
  stop(): void {
    this.#stopped = true;
  }

  /** Ends all requests that wait with an error. */
  rejectAll(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
