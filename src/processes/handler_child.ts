import { killQuietly } from "../programs/kill_quietly.ts";
import type { FarSettings } from "../remote/far_side.ts";
import type { FarSideEvents } from "../remote/far_side_reports.ts";
import { checkNotLost } from "../remote/lost_client.ts";
import { NearSide } from "../remote/near_side.ts";
import type {
  PendingRequest,
  RequestRunner,
} from "../remote/pending_request.ts";
import { LAST_GRACE, succeedsWithin } from "../streams/time_limit.ts";
import { createMark } from "./batch_head.ts";
import { startChild } from "./child_command.ts";
import { endedBefore, endedForAnother, readsNothing } from "./child_errors.ts";
import { grantsNet } from "./child_flags.ts";
import { ChildInput } from "./child_input.ts";
import { ChildOutput } from "./child_output.ts";
import { ChildQuota } from "./child_quota.ts";
import type { ChildSettings } from "./child_settings.ts";
import { ProcessHold } from "./process_hold.ts";
import { encodeSettings } from "./process_settings.ts";

/** How long a child may take to end when it is told to, in seconds. */
const RETIREMENT = 1;

/** What a child tells its executor. */
export interface ChildEvents extends FarSideEvents {
  /** A process is not needed for the request that it was to be given. */
  onSpared(child: HandlerChild): void;
  /** A process has ended, for whatever reason. */
  onEnd(child: HandlerChild): void;
}

/** A child process that runs handlers. */
export class HandlerChild implements RequestRunner {
  readonly #quota: ChildQuota;
  readonly #process: Deno.ChildProcess;
  readonly #hold: ProcessHold;
  readonly #input: ChildInput;
  readonly #nearSide: NearSide;
  readonly #ended: Promise<void>;
  readonly #running = new Set<Promise<void>>();
  readonly #events: ChildEvents;
  #retiring = false;

  /**
   * Starts a child process.
   *
   * @throws {Error} What `startChild()` throws.
   */
  constructor(
    settings: ChildSettings,
    farSettings: FarSettings,
    events: ChildEvents,
  ) {
    const mark = createMark();
    this.#quota = new ChildQuota(settings);
    this.#events = events;
    this.#process = startChild(settings, farSettings.handler.moduleUrl);
    this.#hold = new ProcessHold(this.#process);
    this.#input = new ChildInput(this.#process);
    this.#nearSide = new NearSide(
      (batch) => this.#send(batch),
      events,
      // The server's socket is not to do what the child itself may not.
      grantsNet(settings.flags) ? "anyone" : "client",
    );
    this.#nearSide.breach.then((error) => this.#kill(error));
    this.#hold.during(this.#start(farSettings, mark));
    this.#ended = this.#attend(mark).then(() => events.onEnd(this));
  }

  /** The process's ID. */
  get pid(): number {
    return this.#process.pid;
  }

  /** How many requests are being handled. */
  get size(): number {
    return this.#running.size;
  }

  /** Whether a request can be handed over. */
  get free(): boolean {
    return !this.#retiring && this.#quota.allows(this.size);
  }

  /** Whether there has been a request. */
  get used(): boolean {
    return this.#quota.used;
  }

  /** Resolves when the handler has been imported; rejects if it cannot be. */
  get ready(): Promise<void> {
    return this.#nearSide.ready;
  }

  /** Resolves when the process has ended and nothing is left of it. */
  get ended(): Promise<void> {
    return this.#hold.during(this.#ended);
  }

  async handle(pending: PendingRequest): Promise<void> {
    pending.runner = this;
    this.#quota.take();
    const running = this.#handle(pending);
    this.#running.add(running);
    try {
      await running;
    } finally {
      this.#running.delete(running);
      if (this.#quota.spent && this.size === 0) this.retire();
      else if (!this.used) this.#events.onSpared(this);
    }
  }

  stop(pending: PendingRequest): void {
    this.#nearSide.stop(pending);
  }

  stopAll(reason: unknown): void {
    this.#nearSide.stopAll(reason);
  }

  /** Ends the process too, and the requests that share it, unless it is done. */
  giveUp(pending: PendingRequest, error: Error): void {
    const goesOn = this.#nearSide.giveUp(pending, error);
    if (goesOn) this.endAll(endedForAnother(error));
  }

  /** Resolves when the requests of now have been handled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#running);
    if (this.#retiring) await this.ended;
  }

  /** Lets the process end by itself: it gets no further request. */
  async retire(limit = RETIREMENT): Promise<void> {
    if (this.#retiring) return;
    this.#retiring = true;
    this.#input.close();
    if (!await succeedsWithin(this.#ended, limit)) this.#kill();
  }

  /**
   * Ends its requests with an error at once, and the process soon: it may still
   * end what it has started itself.
   */
  async endAll(error: unknown): Promise<void> {
    this.#nearSide.fail(error);
    await this.retire(LAST_GRACE);
  }

  async #handle(pending: PendingRequest): Promise<void> {
    const waits = pending.waited || !this.#nearSide.isReady;
    await this.#nearSide.ready;
    // A client that has gone does not count: the process is for the next one.
    if (waits) {
      await checkNotLost(pending.request, () => this.#quota.giveBack());
    }
    await this.#hold.during(this.#nearSide.open(pending));
  }

  /** Ends the process at once, and its requests with an error. */
  #kill(error?: unknown): void {
    this.#retiring = true;
    this.#nearSide.close();
    if (error !== undefined) this.#nearSide.fail(error);
    killQuietly(this.#process);
  }

  async #start(settings: FarSettings, mark: Uint8Array): Promise<void> {
    try {
      this.#input.write(encodeSettings(settings, mark));
      await this.#nearSide.ready;
    } catch (error) {
      // Without its handler a child is of no use.
      this.#kill(error);
    }
  }

  #send(batch: Uint8Array<ArrayBuffer>): void {
    this.#input.send(batch);
    if (!this.#input.isOverfull(this.size)) return;
    this.#kill(readsNothing(this.#input.unread));
  }

  /** Waits until the process has ended, and nothing is left to be read of it. */
  async #attend(mark: Uint8Array): Promise<void> {
    const output = new ChildOutput(
      this.#process,
      mark,
      (bytes) => this.#nearSide.push(bytes),
    );
    const status = await this.#process.status;
    await output.finish();
    await this.#input.abort();
    this.#nearSide.fail(endedBefore(status, output.lastWords));
  }
}
