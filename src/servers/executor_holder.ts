import { HandlerNotFoundError } from "../errors.ts";
import type { Executor } from "./executor.ts";

/** What a server asks for its executor. */
interface ExecutorMeans {
  createExecutor(): Executor;
  /** Whether handlers are run by it, for all that is known. */
  isNeeded(): boolean;
}

/**
 * Holds a server's executor, made when it is first needed: a mixin's fields are
 * set by then.
 */
export class ExecutorHolder {
  readonly #means: ExecutorMeans;
  #made: Executor | null = null;

  constructor(means: ExecutorMeans) {
    this.#means = means;
  }

  /** The executor; `null` as long as nothing has needed it. */
  get made(): Executor | null {
    return this.#made;
  }

  /** The executor, which is made now if there is none. */
  get needed(): Executor {
    return this.#made ??= this.#means.createExecutor();
  }

  /**
   * Starts it. That a handler cannot be found does not matter where an overridden
   * `finishRequest()` may need none.
   */
  async start(): Promise<void> {
    try {
      await this.needed.start();
    } catch (error) {
      const isNeeded = this.#means.isNeeded();
      if (isNeeded || !(error instanceof HandlerNotFoundError)) throw error;
    }
  }
}
