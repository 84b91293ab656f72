import type { HostSettings } from "../remote/handler_host.ts";
import type { FarSideEvents } from "../remote/remote_channel.ts";

import { ThreadError } from "../errors.ts";
import { HandlerThread } from "./handler_thread.ts";
import { RequestQueue } from "./request_queue.ts";

/** What a pool may use. It is asked anew each time. */
export interface ThreadLimits {
  /** The most threads. */
  readonly maxThreads: number;
  /** The most requests that one thread may have at once. */
  readonly requestsPerThread: number;
}

/** Threads, started when they are needed. */
export class ThreadPool {
  readonly #settings: () => HostSettings;
  readonly #limits: ThreadLimits;
  readonly #events: FarSideEvents;
  readonly #threads = new Set<HandlerThread>();
  /** Whether threads are wanted that have nothing to do. */
  #serving = false;
  /** The requests that wait for a thread. */
  readonly queue: RequestQueue = new RequestQueue(() => this.#freeThread());

  constructor(
    settings: () => HostSettings,
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

  /** Starts the first thread; throws if the handler cannot be imported. */
  async start(): Promise<void> {
    this.#serving = true;
    const [thread = this.#startThread()] = this.#threads;
    await thread.ready;
  }

  /** Ends the threads that have nothing to do, and the others when they have. */
  retireIdle(): void {
    this.#serving = false;
    for (const thread of this.#threads) {
      if (thread.size === 0) thread.terminate(new ThreadError("Retired"));
    }
  }

  /** Ends all threads; their requests, and those that wait, with an error. */
  close(): void {
    const error = new ThreadError(
      "Cannot go on with the request as the server has closed",
    );
    this.queue.rejectAll(error);
    for (const thread of this.#threads) thread.terminate(error);
  }

  /** The least busy thread; a new one, if all are busy and one more may be. */
  #freeThread(): HandlerThread | undefined {
    let best: HandlerThread | undefined;
    for (const thread of this.#threads) {
      if (best === undefined || isLessBusy(thread, best)) best = thread;
    }
    if (best?.size === 0) return best;
    const { maxThreads, requestsPerThread } = this.#limits;
    if (this.#threads.size < maxThreads) return this.#startThread();
    return best !== undefined && best.size < requestsPerThread
      ? best
      : undefined;
  }

  #startThread(): HandlerThread {
    const thread: HandlerThread = new HandlerThread(this.#settings(), {
      onShutdown: () => this.#events.onShutdown(),
      onFault: (...fault) => this.#events.onFault(...fault),
      onIdle: () => {
        if (!this.#serving && this.queue.length === 0) this.retireIdle();
      },
      onEnd: () => {
        this.#threads.delete(thread);
        this.queue.startWaiting();
      },
    });
    this.#threads.add(thread);
    return thread;
  }
}

function isLessBusy(one: HandlerThread, other: HandlerThread): boolean {
  return one.size < other.size ||
    (one.size === other.size && one.answering && !other.answering);
}
