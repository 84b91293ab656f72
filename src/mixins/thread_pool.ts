import type { FarSideEvents } from "../remote/remote_channel.ts";
import type { ThreadSettings } from "../remote/worker_entry.ts";
import { HandlerThread, ThreadError } from "./handler_thread.ts";

/** What a pool may use. It is asked anew each time. */
export interface ThreadLimits {
  /** The most threads. */
  readonly maxThreads: number;
  /** The most requests that one thread may have at once. */
  readonly requestsPerThread: number;
}

/** A request for which no thread was free. */
interface WaitingRequest {
  start(thread: HandlerThread): void;
  reject(error: unknown): void;
}

/** Threads, started when they are needed, and the requests that wait for one. */
export class ThreadPool {
  readonly #settings: () => Omit<ThreadSettings, "lifeLock">;
  readonly #limits: ThreadLimits;
  readonly #events: FarSideEvents;
  readonly #threads = new Set<HandlerThread>();
  /** Requests that wait for a thread, in order. */
  readonly #waiting: WaitingRequest[] = [];
  /** Resolved when the number of waiting requests has shrunk. */
  #shrunk = Promise.withResolvers<void>();

  constructor(
    settings: () => Omit<ThreadSettings, "lifeLock">,
    limits: ThreadLimits,
    events: FarSideEvents,
  ) {
    this.#settings = settings;
    this.#limits = limits;
    this.#events = events;
  }

  /** How many threads there are. */
  get size(): number {
    return this.#threads.size;
  }

  /** How many requests wait for a thread. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Starts the first thread; throws if the handler cannot be imported. */
  async start(): Promise<void> {
    const [thread = this.#startThread()] = this.#threads;
    await thread.ready;
  }

  /** Has a request handled on a thread; throws what its handler throws. */
  async handle(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    try {
      const thread = this.#freeThread();
      await (thread === undefined
        ? this.#handleLater(request, clientAddress)
        : thread.handle(request, clientAddress));
    } finally {
      this.#startWaiting();
    }
  }

  /** Resolves when fewer requests wait than do now. */
  async whenShrunk(): Promise<void> {
    await this.#shrunk.promise;
  }

  /** Ends the threads that have nothing to do. */
  retireIdle(): void {
    for (const thread of this.#threads) {
      if (thread.size === 0) thread.terminate(new ThreadError("Retired"));
    }
  }

  /** Ends all threads; their requests, and those that wait, with an error. */
  close(): void {
    const error = new ThreadError("The thread was ended as the server closed");
    for (const { reject } of this.#waiting.splice(0)) reject(error);
    for (const thread of this.#threads) thread.terminate(error);
  }

  /** The least busy thread; a new one, if all are busy and one more may be. */
  #freeThread(): HandlerThread | undefined {
    let best: HandlerThread | undefined;
    for (const thread of this.#threads) {
      if (best === undefined || thread.size < best.size) best = thread;
    }
    if (best?.size === 0) return best;
    if (this.#threads.size < this.#limits.maxThreads) return this.#startThread();
    const free = best !== undefined && best.size < this.#limits.requestsPerThread;
    return free ? best : undefined;
  }

  #handleLater(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        start: (thread) => resolve(thread.handle(request, clientAddress)),
        reject,
      });
    });
  }

  #startWaiting(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#freeThread();
      if (thread === undefined) return;
      this.#waiting.shift()!.start(thread);
      this.#shrunk.resolve();
      this.#shrunk = Promise.withResolvers();
    }
  }

  #startThread(): HandlerThread {
    const thread: HandlerThread = new HandlerThread(this.#settings(), {
      onShutdown: () => this.#events.onShutdown(),
      onFault: (...fault) => this.#events.onFault(...fault),
      onEnd: () => this.#threads.delete(thread),
    });
    this.#threads.add(thread);
    return thread;
  }
}
