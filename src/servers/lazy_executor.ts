import type { Executor } from "./executor.ts";

/**
 * An executor whose code is loaded when it is first needed.
 *
 * The code of threads and of child processes is half of the library, and would
 * be half of the start of every program that has neither. What runs handlers
 * may be loaded late, as a server starts it before it takes a request.
 *
 * Whatever the server asks meanwhile is passed on in the same order.
 */
export class LazyExecutor<Loaded extends Executor> implements Executor {
  readonly #load: () => Promise<Loaded>;
  #loading: Promise<Loaded> | null = null;
  #loaded: Loaded | null = null;
  /** What it was asked to run before, and for which clients. */
  readonly #early = new Set<unknown>();
  #closed = false;

  /**
   * Creates an instance.
   *
   * @param load Loads the code and makes the executor. Its `import()` must name
   * the module literally: then Deno knows of it from the start, which takes no
   * permission and works from a cache alone.
   */
  constructor(load: () => Promise<Loaded>) {
    this.#load = load;
  }

  /** The executor; `null` as long as nothing has needed it. */
  get loaded(): Loaded | null {
    return this.#loaded;
  }

  start(): Promise<void> {
    return this.#loaded === null
      ? this.#loadOnce().then((executor) => executor.start())
      : this.#loaded.start();
  }

  whenFree(taken?: number): Promise<void> | null {
    return this.#loaded === null ? null : this.#loaded.whenFree(taken);
  }

  run(request: unknown, clientAddress: Deno.Addr): void | Promise<void> {
    if (this.#loaded !== null) return this.#loaded.run(request, clientAddress);
    this.#early.add(request).add(clientAddress);
    return this.#loadOnce().then((executor) =>
      executor.run(request, clientAddress)
    );
  }

  get waiting(): number {
    return this.#loaded?.waiting ?? 0;
  }

  abort(...given: Parameters<Executor["abort"]>): boolean {
    if (this.#loaded !== null) return this.#loaded.abort(...given);
    const [request, _reason, clientAddress] = given;
    const isEarly = this.#early.has(request) || this.#early.has(clientAddress);
    if (isEarly) this.#tell((executor) => void executor.abort(...given));
    return isEarly;
  }

  abortAll(reason: Error): void {
    this.#tell((executor) => executor.abortAll(reason));
  }

  giveUp(...given: Parameters<Executor["giveUp"]>): void {
    this.#tell((executor) => executor.giveUp(...given));
  }

  rest(soonAgain: boolean): void {
    this.#tell((executor) => executor.rest(soonAgain));
  }

  stop(): void {
    this.#tell((executor) => executor.stop());
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#tell((executor) => executor.close());
  }

  #loadOnce(): Promise<Loaded> {
    if (this.#loading !== null) return this.#loading;
    const loading = this.#loading = this.#load();
    // The first to hear of it: whoever waits is served before what comes next.
    loading.then((executor) => {
      this.#loaded = executor;
      this.#early.clear();
      // Asked to start or to run something, it is to say that it is closed.
      if (this.#closed) executor.close().catch(() => {});
    }, () => {
      this.#loading = null; // the next attempt may be luckier
      this.#early.clear();
    });
    return loading;
  }

  /** Tells the executor something, if it is loaded or about to be. */
  #tell(
    action: (executor: Loaded) => void | Promise<void>,
  ): void | Promise<void> {
    if (this.#loaded !== null) return action(this.#loaded);
    // If it can't be loaded, there is nobody to be told.
    return this.#loading?.then(action, () => {});
  }
}
