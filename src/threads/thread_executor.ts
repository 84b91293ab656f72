import type { FarSettings } from "../remote/far_side.ts";
import type { FarSideEvents } from "../remote/near_side.ts";
import { ThreadError } from "../errors.ts";
import { HandlerThread } from "./handler_thread.ts";
import { RequestQueue, type RequestRunner } from "../remote/request_queue.ts";

/** What a pool may use. It is asked anew each time. */
export interface ThreadLimits {
  /** The most threads. */
  readonly maxThreads: number;
  /** The most requests that one thread may have at once. */
  readonly requestsPerThread: number;
}

/** How long no thread is started after one that could not be, in milliseconds. */
const PAUSE_MS = 1000;

/** Threads, started when they are needed. */
export class ThreadPool {
  readonly #settings: () => FarSettings;
  readonly #limits: ThreadLimits;
  readonly #events: FarSideEvents;
  readonly #threads = new Set<HandlerThread>();
  /** Whether threads are wanted that have nothing to do. */
  #serving = false;
  /** Set while no further thread is to be started. */
  #pause: ReturnType<typeof setTimeout> | undefined;
  /** What requests are told when the pool is closed. */
  #closed: ThreadError | null = null;
  /** The requests that wait for a thread. */
  readonly queue: RequestQueue = new RequestQueue(() => this.#freeRunner());

  constructor(
    settings: () => FarSettings,
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
    if (this.#closed !== null) throw this.#closed;
    this.#serving = true;
    const [first] = this.#threads;
    await (this.#started ?? first ?? this.#startThread()).ready;
  }

  /** Ends the threads that have nothing to do, and the others when they have. */
  retireIdle(): void {
    this.#serving = false;
    this.#retireDownTo(0);
  }

  /** Ends all threads; their requests, and those that wait, with an error. */
  close(): void {
    const error = this.#closed ??= new ThreadError(
      "Cannot go on with the request as the server has closed",
    );
    this.#endPause();
    this.queue.rejectAll(error);
    for (const thread of this.#threads) thread.terminate(error);
  }

  /** A thread that can be given work. */
  get #started(): HandlerThread | undefined {
    return [...this.#threads].find(({ started }) => started);
  }

  #freeRunner(): RequestRunner | undefined {
    if (this.#closed !== null) throw this.#closed;
    const thread = this.#freeThread();
    if (thread === undefined || thread.started) return thread;
    return {
      handle: (...request) => this.#handleIfStarted(thread, ...request),
    };
  }

  /** The least busy thread; a new one, if all are busy and one more may be. */
  #freeThread(): HandlerThread | undefined {
    let best: HandlerThread | undefined;
    for (const thread of this.#threads) {
      if (best === undefined || isLessBusy(thread, best)) best = thread;
    }
    if (best?.size === 0) return best;
    const { maxThreads, requestsPerThread } = this.#limits;
    const paused = best !== undefined && this.#pause !== undefined;
    if (this.#threads.size < maxThreads && !paused) return this.#startThread();
    return best !== undefined && best.size < requestsPerThread
      ? best
      : undefined;
  }

  /** Has a request handled by a thread, or by another if it cannot start. */
  async #handleIfStarted(
    thread: HandlerThread,
    request: unknown,
    clientAddress: Deno.Addr,
    turn: number,
  ): Promise<void> {
    try {
      await thread.handle(request, clientAddress);
    } catch (error) {
      if (thread.started || this.#started === undefined) throw error;
      await this.queue.handleAgain(request, clientAddress, turn);
    }
  }

  #startThread(): HandlerThread {
    const thread: HandlerThread = new HandlerThread(this.#settings(), {
      onShutdown: () => this.#events.onShutdown(),
      onFault: (...fault) => this.#events.onFault(...fault),
      onIdle: () => {
        if (this.#serving) this.#retireDownTo(this.#limits.maxThreads);
        else if (this.queue.length === 0) this.#retireDownTo(0);
      },
      onEnd: (reason) => {
        this.#threads.delete(thread);
        if (!thread.started) this.#noteFailedStart(reason);
        this.queue.startWaiting();
      },
    });
    this.#threads.add(thread);
    return thread;
  }

  /** Reports a thread that could not start, if its requests do not. */
  #noteFailedStart(reason: unknown): void {
    if (this.#closed !== null || this.#started === undefined) return;
    if (this.#pause !== undefined) return; // so soon it is the same again
    this.#events.onFault(reason as Error, undefined, undefined);
    this.#pause = setTimeout(() => {
      this.#endPause();
      this.queue.startWaiting();
    }, PAUSE_MS);
    Deno.unrefTimer(this.#pause);
  }

  #endPause(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  /** Ends threads that have nothing to do, while there are more than `count`. */
  #retireDownTo(count: number): void {
    for (const thread of this.#threads) {
      if (this.#threads.size <= count) return;
      if (thread.size === 0) thread.terminate(new ThreadError("Retired"));
    }
  }
}

function isLessBusy(one: HandlerThread, other: HandlerThread): boolean {
  return one.size < other.size ||
    (one.size === other.size && one.answering && !other.answering);
}
