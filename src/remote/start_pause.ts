import { BackOff } from "../servers/back_off.ts";
import type { Shortage } from "../servers/shortage.ts";
import { isExhaustion } from "../streams/exhaustion.ts";
import { Condition } from "../streams/condition.ts";

/** What a {@linkcode StartPause} asks of its pool. */
export interface PausedPool {
  /** Starts what has waited: a pause is over. */
  retry(): void;
  /** Takes the first error of each shortage. */
  report(error: unknown): void;
}

/**
 * How Deno says that it could not read a module. It does not say why, and one
 * that is missing is told otherwise.
 */
const UNREADABLE = /^Unable to load /;

/**
 * Keeps runners from being started for a while, when one could not be as the
 * system has no descriptor, memory or process for it.
 */
export class StartPause {
  readonly #pool: PausedPool;
  readonly #shortage: Shortage;
  readonly #backOff = new BackOff();
  readonly #over = new Condition();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #cause: unknown;

  /**
   * Creates an instance.
   *
   * @param shortage The server's own.
   */
  constructor(pool: PausedPool, shortage: Shortage) {
    this.#pool = pool;
    this.#shortage = shortage;
  }

  /** Whether no runner is to be started now. */
  get lasts(): boolean {
    return this.#timer !== undefined;
  }

  /** Whether there has been no room for so long that the pauses don't grow. */
  get isLong(): boolean {
    return this.lasts && this.#backOff.longest;
  }

  /** Why the last runner could not be started. */
  get cause(): unknown {
    return this.#cause;
  }

  /** Whether an error tells that there was no room for a runner. */
  isForWantOfRoom(error: unknown): boolean {
    return isExhaustion(error) ||
      (this.#shortage.lasts && UNREADABLE.test(messageOf(causeIn(error))));
  }

  /** Resolves when the pause is over, and runners have been started. */
  over(): Promise<void> {
    return this.#over.wait();
  }

  /**
   * Begins a pause after an error, unless one lasts.
   *
   * @throws {unknown} The error, if it says nothing about room.
   */
  begin(error: unknown): void {
    if (!this.isForWantOfRoom(error)) throw error;
    if (this.lasts) return;
    this.#cause = causeOf(error);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pool.retry();
      this.#over.notify();
    }, this.#backOff.next());
    if (this.#shortage.begins()) this.#pool.report(this.#cause);
  }

  /** Finds a runner, and again, when a pause lasts, if there is no room. */
  find<T>(find: () => T): T {
    try {
      return find();
    } catch (error) {
      this.begin(error);
      return find();
    }
  }

  /** Starts a runner as soon as there is room, as long as it is wanted. */
  async start(
    start: () => Promise<void>,
    isWanted: () => boolean,
  ): Promise<void> {
    do {
      try {
        return await start();
      } catch (error) {
        this.begin(error);
        await this.over();
      }
    } while (isWanted());
  }

  /** Notes that a runner has started: the next pause is short again. */
  reset(): void {
    this.#backOff.reset();
  }

  /** Ends the pause: no runner is wanted any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#over.notify();
  }
}

/** A module that could not be read for want of descriptors is not to blame. */
function causeOf(error: unknown): unknown {
  const cause = causeIn(error);
  return isExhaustion(cause) ? cause : error;
}

function causeIn(error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
}
