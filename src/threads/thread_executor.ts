import { ThreadError } from "../errors.ts";
import { type PooledServer, PoolExecutor } from "../remote/pool_executor.ts";
import type { PendingRequest } from "../remote/pending_request.ts";
import type { Handling } from "../remote/request_queue.ts";
import { HandlerThread, type ThreadEvents } from "./handler_thread.ts";
import { checkRoomForThread } from "./thread_room.ts";
import type { ThreadingSettings } from "./threading_options.ts";

/** How long no thread is started after one that could not be, in milliseconds. */
const PAUSE_MS = 1000;

/** Runs handlers on threads, which are started when they are needed. */
export class ThreadExecutor
  extends PoolExecutor<PooledServer & ThreadingSettings>
  implements ThreadEvents {
  readonly #threads = new Set<HandlerThread>();
  /** Set while no further thread is to be started. */
  #pause: ReturnType<typeof setTimeout> | undefined;

  /** How many threads there are. */
  get size(): number {
    return this.#threads.size;
  }

  onIdle(): void {
    if (this.serving) this.#retireDownTo(this.server.maxThreads);
    else if (this.queue.length === 0) this.#retireDownTo(0);
  }

  onEnd(thread: HandlerThread, reason: unknown): void {
    const isRetired = !this.#threads.delete(thread);
    if (!thread.started && !isRetired) this.#noteFailedStart(reason);
    this.queue.startWaiting();
  }

  protected override get runners(): ReadonlySet<HandlerThread> {
    return this.#threads;
  }

  protected override async startFirst(): Promise<void> {
    const [first] = this.#threads;
    await (this.#started ?? first ?? this.#startThread()).ready;
  }

  protected override findFree(): Handling | undefined {
    this.checkOpen();
    const thread = this.#freeThread();
    if (thread === undefined || thread.started) return thread;
    return { handle: (pending) => this.#handleIfStarted(thread, pending) };
  }

  /** Ends the threads that have nothing to do, and the others when they have. */
  protected override retireIdle(): void {
    this.#retireDownTo(0);
  }

  protected override endAll(error: Error): void {
    this.#endPause();
    for (const thread of this.#threads) thread.terminate(error);
  }

  protected override closingError(): ThreadError {
    return new ThreadError(
      "Cannot go on with the request as the server has closed",
    );
  }

  /** A thread that can be given work. */
  get #started(): HandlerThread | undefined {
    return [...this.#threads].find(({ started }) => started);
  }

  /** The least busy thread; a new one, if all are busy and one more may be. */
  #freeThread(): HandlerThread | undefined {
    let best: HandlerThread | undefined;
    for (const thread of this.#threads) {
      if (best === undefined || isLessBusy(thread, best)) best = thread;
    }
    if (best?.size === 0 && !best.stuck) return best;
    if (best === undefined) {
      return this.startPause.lasts ? undefined : this.#startThread();
    }
    const { maxThreads, requestsPerThread } = this.server;
    const mayStart = this.#threads.size < maxThreads &&
      this.#pause === undefined && !this.startPause.lasts;
    if (mayStart) return this.#startThread();
    return best.size < requestsPerThread ? best : undefined;
  }

  /**
   * Has a request handled by a thread; by another, if it cannot start and there
   * is one, or there will be.
   */
  async #handleIfStarted(
    thread: HandlerThread,
    pending: PendingRequest,
  ): Promise<void> {
    try {
      await thread.handle(pending);
    } catch (error) {
      const another = this.#started !== undefined ||
        this.startPause.isForWantOfRoom(error);
      const lost = pending.failure !== null || !another;
      if (thread.started || lost) throw error;
      await this.queue.wait(pending);
    }
  }

  #startThread(): HandlerThread {
    const settings = this.farSettings;
    checkRoomForThread(settings.handler.moduleUrl);
    const thread = new HandlerThread(settings, this);
    this.#threads.add(thread);
    thread.ready.then(() => this.startPause.reset(), () => {});
    return thread;
  }

  /** Reports a thread that could not start, if its requests do not. */
  #noteFailedStart(reason: unknown): void {
    if (this.closed) return;
    if (this.startPause.isForWantOfRoom(reason)) {
      return this.startPause.begin(reason);
    }
    if (this.#started === undefined) return;
    if (this.#pause !== undefined) return; // it would be the same error again
    this.onFault(reason, undefined, undefined);
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
      if (thread.size > 0) continue;
      this.#threads.delete(thread);
      thread.terminate(new ThreadError("Retired"));
    }
  }
}

function isLessBusy(one: HandlerThread, other: HandlerThread): boolean {
  if (one.stuck !== other.stuck) return other.stuck;
  return one.size < other.size ||
    (one.size === other.size && one.answering && !other.answering);
}
