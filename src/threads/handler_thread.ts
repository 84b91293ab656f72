import { ThreadError } from "../errors.ts";
import type { FarSettings } from "../remote/far_side.ts";
import type { FarSideEvents } from "../remote/far_side_reports.ts";
import { checkNotLost } from "../remote/lost_client.ts";
import { NearSide } from "../remote/near_side.ts";
import type {
  PendingRequest,
  RequestRunner,
} from "../remote/pending_request.ts";
import { ALIVE, endOfLife } from "./life_lock.ts";
import { postBatch } from "./post_batch.ts";
import type { ThreadSettings } from "./worker_entry.ts";

/** Never called: it tells `deno cache` of the thread's main module. */
const _entry = () => import("./worker_entry.ts");

/** What a thread tells its executor. */
export interface ThreadEvents extends FarSideEvents {
  /** A thread has finished its last request. */
  onIdle(): void;
  /** A thread has ended, by itself or by `terminate()`, for that reason. */
  onEnd(thread: HandlerThread, reason: unknown): void;
}

/** A Worker that runs handlers. */
export class HandlerThread implements RequestRunner {
  readonly #worker: Worker;
  readonly #nearSide: NearSide;
  readonly #life = new AbortController();
  readonly #events: ThreadEvents;
  #size = 0;
  #answering = true;
  #started = false;
  #watching = false;
  #stuck = false;

  /** Starts a thread. */
  constructor(settings: FarSettings, events: ThreadEvents) {
    const lifeLock = crypto.randomUUID();
    this.#events = events;
    this.#worker = new Worker(
      new URL("./worker_entry.ts", import.meta.url),
      { type: "module", name: "socketserver" },
    );
    this.#nearSide = new NearSide(
      (batch) => {
        this.#answering = false;
        return postBatch(this.#worker, batch);
      },
      events,
    );
    this.#worker.onmessage = ({ data }) => {
      this.#answering = true;
      if (data instanceof Uint8Array) {
        // Messages cannot be held back: too many that wait end the thread.
        this.#nearSide.push(data as Uint8Array<ArrayBuffer>);
      } else if (data === ALIVE) {
        this.#stuck = false;
        if (!this.#watching) this.#watch(lifeLock);
      }
    };
    this.#worker.onerror = (event) => {
      event.preventDefault(); // or else the server's own isolate ends too
      const { message, filename, lineno } = event;
      // A thrown value that is not an Error has no location.
      const place = filename ? ` (${filename}:${lineno})` : "";
      this.terminate(
        new ThreadError(
          `The thread ended because of an uncaught error: ${message}${place}`,
        ),
      );
    };
    this.#nearSide.breach.then((error) => this.terminate(error));
    const first: ThreadSettings = { ...settings, lifeLock };
    try {
      this.#worker.postMessage(first);
    } catch (error) {
      this.#worker.terminate(); // the server's data cannot be cloned
      throw error;
    }
    this.ready.then(
      () => this.#started = true,
      (error) => this.terminate(error), // of no use without its handler
    );
  }

  /** Resolves when the handler has been imported; rejects if it cannot be. */
  get ready(): Promise<void> {
    return this.#nearSide.ready;
  }

  /** How many requests the thread has been given and has not finished. */
  get size(): number {
    return this.#size;
  }

  /** Whether the thread has imported the handler. */
  get started(): boolean {
    return this.#started;
  }

  /** Whether the thread has answered since it was last sent something. */
  get answering(): boolean {
    return this.#answering;
  }

  /** Whether it was asked if it lives, and has not answered: code may loop. */
  get stuck(): boolean {
    return this.#stuck;
  }

  async handle(pending: PendingRequest): Promise<void> {
    pending.runner = this;
    this.#size++;
    try {
      const waits = pending.waited || !this.#started;
      await (this.#started ? this.ready : pending.whileWanted(this.ready));
      if (waits) await checkNotLost(pending.request);
      await this.#nearSide.open(pending);
    } finally {
      if (--this.#size === 0) this.#events.onIdle();
    }
  }

  stop(pending: PendingRequest): void {
    this.#nearSide.stop(pending);
  }

  stopAll(reason: unknown): void {
    this.#nearSide.stopAll(reason);
  }

  /**
   * The thread and its other requests go on, if they can: it is asked whether it
   * lives, and is given no more before it answers if there are others.
   */
  giveUp(pending: PendingRequest, error: Error): void {
    const goesOn = this.#nearSide.giveUp(pending, error);
    if (!goesOn || !this.#started || this.#stuck) return;
    this.#stuck = true;
    this.#worker.postMessage(ALIVE);
  }

  /** Ends the thread, and its requests with an error. */
  terminate(error: unknown): void {
    if (this.#life.signal.aborted) return;
    this.#life.abort();
    this.#worker.terminate();
    this.#nearSide.close();
    this.#nearSide.fail(error);
    this.#events.onEnd(this, error);
  }

  async #watch(lifeLock: string): Promise<void> {
    this.#watching = true;
    let reason: unknown;
    try {
      await endOfLife(lifeLock, this.#life.signal);
      reason = new ThreadError(
        "The thread ended by itself: its code called Deno.exit() or self.close()",
      );
    } catch (error) {
      reason = error; // its end would not be noticed
    }
    this.terminate(reason);
  }
}
