import { ChildProcessError } from "../errors.ts";
import { type PooledServer, PoolExecutor } from "../remote/pool_executor.ts";
import { isExhaustion } from "../streams/exhaustion.ts";
import { checkCounts, checkTexts } from "../option_checks.ts";
import { childFlags } from "./child_flags.ts";
import { ChildGuardian } from "./child_guardian.ts";
import type { ForkingSettings } from "./forking_options.ts";
import { type ChildEvents, HandlerChild } from "./handler_child.ts";
import { SPARE_CHILDREN } from "./spare_children.ts";

/**
 * How long after a request the next spare child is started, in milliseconds:
 * its start must not take the processor from the request.
 */
const REFILL_DELAY_MS = 5;
/**
 * How long children are kept that were started for clients that have gone, in
 * milliseconds: where there was one there may be many, one after the other.
 */
const SURPLUS_DELAY_MS = 1000;

/** Runs handlers in child processes, which are started ahead of requests. */
export class ProcessExecutor
  extends PoolExecutor<PooledServer & ForkingSettings>
  implements ChildEvents {
  readonly #children = new Set<HandlerChild>();
  #guardian: ChildGuardian | null = null;
  #guardianEnded: Promise<void> = Promise.resolve();
  #refill: ReturnType<typeof setTimeout> | undefined;
  #trimming: ReturnType<typeof setTimeout> | undefined;

  /** The IDs of the processes that handle requests. */
  get active(): Set<number> {
    const busy = [...this.#children].filter(({ size }) => size > 0);
    return new Set(busy.map(({ pid }) => pid));
  }

  /** Waits for the requests of now, and for the processes that end with them. */
  async collect(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.settled()));
  }

  onSpared(child: HandlerChild): void {
    clearTimeout(this.#trimming);
    if (this.serving) {
      this.#trimming = setTimeout(() => this.#trim(), SURPLUS_DELAY_MS);
      Deno.unrefTimer(this.#trimming);
    } else if (this.queue.length === 0) child.retire();
  }

  onEnd(child: HandlerChild): void {
    this.#children.delete(child);
    this.#guardian?.forget(child.pid);
    this.queue.startWaiting();
    // A handler that cannot be imported would be tried for ever.
    if (child.used) this.#refillSoon();
    if (!this.serving) this.#releaseGuardian();
  }

  protected override get runners(): ReadonlySet<HandlerChild> {
    return this.#children;
  }

  protected override async startFirst(): Promise<void> {
    let child = [...this.#children].find(({ free }) => free);
    if (child === undefined && this.#hasRoom) child = this.#startChild();
    await child?.ready;
    if (this.serving) this.startAhead();
  }

  /** The least busy child; a new one, if all are busy and one more may be. */
  protected override findFree(): HandlerChild | undefined {
    let best: HandlerChild | undefined;
    for (const child of this.#children) {
      if (child.free && (best === undefined || child.size < best.size)) {
        best = child;
      }
    }
    const mayStart = this.#hasRoom && !this.startPause.lasts;
    if (mayStart && (best === undefined || best.size > 0)) {
      best = this.#startChild();
    }
    if (best !== undefined) this.#refillSoon();
    return best;
  }

  /** Starts as many spare children as there are to be. */
  protected override startAhead(): void {
    if (this.startPause.lasts) return;
    const { minSpareChildren } = this.server;
    let spare = this.#spare.length;
    try {
      checkCounts({ minSpareChildren }, SPARE_CHILDREN, "start children");
      while (spare < minSpareChildren && this.#hasRoom) {
        this.#startChild();
        spare++;
      }
    } catch (error) {
      // Nothing, or not a number of children, is wanted; or the request that
      // needs a child next is told why there is none.
      if (isExhaustion(error)) this.startPause.begin(error);
    }
  }

  protected override retireIdle(): void {
    clearTimeout(this.#refill);
    clearTimeout(this.#trimming);
    for (const child of this.#children) if (child.size === 0) child.retire();
    this.#releaseGuardian();
  }

  protected override async endAll(error: Error): Promise<void> {
    this.retireIdle();
    const children = [...this.#children];
    for (const child of children) if (child.size > 0) child.endAll(error);
    await Promise.all(children.map(({ ended }) => ended));
    await this.#releaseGuardian();
  }

  protected override closingError(): ChildProcessError {
    return new ChildProcessError(
      "Cannot go on with the request as the server has closed",
      { code: null, signal: null, stderr: "" },
    );
  }

  /** The children that wait for requests. */
  get #spare(): HandlerChild[] {
    return [...this.#children].filter((child) =>
      child.free && child.size === 0
    );
  }

  get #hasRoom(): boolean {
    const { size } = this.#children;
    return size === 0 || size < this.server.maxChildren;
  }

  #startChild(): HandlerChild {
    this.checkOpen();
    const { denoPath, maxRequestsPerChild, requestsPerChild } = this.server;
    checkTexts({ denoPath }, "start a child process");
    const flags = childFlags(this.server);
    const limits = { maxRequestsPerChild, requestsPerChild };
    const farSettings = this.farSettings;
    this.#guardian ??= new ChildGuardian(denoPath);
    const child = new HandlerChild(
      { denoPath, flags, ...limits },
      farSettings,
      this,
    );
    this.#children.add(child);
    this.startPause.reset();
    this.#guardian.watch(child.pid);
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

  /** Ends the spare children that have had no request, if there are too many. */
  #trim(): void {
    const unused = this.#spare.filter(({ used }) => !used);
    for (const child of unused.slice(this.server.minSpareChildren)) {
      child.retire();
    }
  }

  #refillSoon(): void {
    clearTimeout(this.#refill);
    if (!this.serving) return;
    this.#refill = setTimeout(() => this.startAhead(), REFILL_DELAY_MS);
  }
}
