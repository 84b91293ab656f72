import type { FarSettings } from "../remote/far_side.ts";
import type { FarSideEvents } from "../remote/near_side.ts";
import { ChildProcessError } from "../errors.ts";
import { ChildGuardian } from "./child_guardian.ts";
import { type ChildCommand, HandlerChild } from "./handler_child.ts";
import { RequestQueue } from "../remote/request_queue.ts";

/** What a pool may use. It is asked anew each time. */
export interface ChildLimits {
  /** The most processes. */
  readonly maxChildren: number;
  /** How many processes wait for requests. */
  readonly minSpareChildren: number;
}

/**
 * How long after a request the next spare child is started, in milliseconds:
 * its start must not take the processor from the request.
 */
const REFILL_DELAY_MS = 5;

/** Child processes, one for each request, started ahead of them. */
export class ChildPool {
  readonly #settings: () => FarSettings;
  readonly #command: () => ChildCommand;
  readonly #limits: ChildLimits;
  readonly #events: FarSideEvents;
  readonly #children = new Set<HandlerChild>();
  #guardian: ChildGuardian | null = null;
  #guardianEnded: Promise<void> = Promise.resolve();
  /** Whether spare children are wanted. */
  #serving = false;
  /** Set when there is to be no child any more: why. */
  #closed: ChildProcessError | null = null;
  #refill: ReturnType<typeof setTimeout> | undefined;
  /** The requests that wait for a child. */
  readonly queue: RequestQueue = new RequestQueue(() => this.#freeChild());

  constructor(
    settings: () => FarSettings,
    command: () => ChildCommand,
    limits: ChildLimits,
    events: FarSideEvents,
  ) {
    this.#settings = settings;
    this.#command = command;
    this.#limits = limits;
    this.#events = events;
  }

  /** The numbers of the processes that handle requests. */
  get active(): Set<number> {
    const busy = [...this.#children].filter(({ size }) => size > 0);
    return new Set(busy.map(({ pid }) => pid));
  }

  /** Starts the first child; throws if the handler cannot be imported. */
  async start(): Promise<void> {
    this.#serving = true;
    let child = [...this.#children].find(({ free }) => free);
    if (child === undefined && this.#hasRoom) child = this.#startChild();
    await child?.ready;
    if (this.#serving) this.#startSpares();
  }

  /** Waits for the requests of now, and for the processes that end with them. */
  async collect(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.settled()));
  }

  /** Ends the children that have nothing to do. */
  retireIdle(): void {
    this.#serving = false;
    clearTimeout(this.#refill);
    for (const child of this.#children) if (child.size === 0) child.retire();
    this.#releaseGuardian();
  }

  /** Ends all children; their requests, and those that wait, with an error. */
  async close(): Promise<void> {
    const error = this.#closed ??= new ChildProcessError(
      "Cannot go on with the request as the server has closed",
      { code: null, signal: null, stderr: "" },
    );
    this.queue.rejectAll(error);
    this.retireIdle();
    const children = [...this.#children];
    for (const child of children) if (child.size > 0) child.giveUp(error);
    await Promise.all(children.map(({ ended }) => ended));
    await this.#releaseGuardian();
  }

  /** The least busy child; a new one, if all are busy and one more may be. */
  #freeChild(): HandlerChild | undefined {
    let best: HandlerChild | undefined;
    for (const child of this.#children) {
      if (child.free && (best === undefined || child.size < best.size)) {
        best = child;
      }
    }
    if (this.#hasRoom && (best === undefined || best.size > 0)) {
      best = this.#startChild();
    }
    if (best !== undefined) this.#refillSoon();
    return best;
  }

  get #hasRoom(): boolean {
    return this.#children.size < this.#limits.maxChildren;
  }

  #startChild(): HandlerChild {
    if (this.#closed !== null) throw this.#closed;
    const command = this.#command();
    const settings = this.#settings();
    const guardian = this.#guardian ??= new ChildGuardian(command.denoPath);
    const child: HandlerChild = new HandlerChild(
      command,
      settings,
      {
        onShutdown: () => this.#events.onShutdown(),
        onFault: (...fault) => this.#events.onFault(...fault),
        onEnd: () => {
          this.#children.delete(child);
          guardian.forget(child.pid);
          this.queue.startWaiting();
          // Else a handler that cannot be imported would be tried for ever.
          if (child.used) this.#refillSoon();
          if (!this.#serving) this.#releaseGuardian();
        },
      },
    );
    this.#children.add(child);
    guardian.watch(child.pid);
    return child;
  }

  async #releaseGuardian(): Promise<void> {
    if (this.#children.size > 0) return;
    if (this.#guardian !== null) {
      this.#guardianEnded = this.#guardian.close();
      this.#guardian = null;
    }
    await this.#guardianEnded;
  }

  #refillSoon(): void {
    clearTimeout(this.#refill);
    if (!this.#serving) return;
    this.#refill = setTimeout(() => this.#startSpares(), REFILL_DELAY_MS);
  }

  #startSpares(): void {
    const { minSpareChildren } = this.#limits;
    let spare =
      [...this.#children].filter((child) => child.free && child.size === 0)
        .length;
    try {
      while (spare < minSpareChildren && this.#hasRoom) {
        this.#startChild();
        spare++;
      }
    } catch {
      // The request that needs a child next is told why there is none.
    }
  }
}
