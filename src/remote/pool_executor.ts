import { avertPanics } from "../servers/descriptor_panics.ts";
import { Shortage } from "../servers/shortage.ts";
import type { Executor } from "../servers/executor.ts";
import type { RequestHandlerClass } from "../types.ts";
import type { FarSettings } from "./far_side.ts";
import { referenceTo } from "./handler_module.ts";
import type { FarSideEvents } from "./far_side_reports.ts";
import type { RequestRunner } from "./pending_request.ts";
import { isPortable, notPortable } from "./portable_request.ts";
import { type Handling, RequestQueue } from "./request_queue.ts";
import {
  type FarControlled,
  type Report,
  ServerEvents,
} from "./server_events.ts";
import { StartPause } from "./start_pause.ts";

/** What a pool asks of its server, anew each time. */
export interface PooledServer extends FarControlled {
  readonly RequestHandlerClass: RequestHandlerClass<never, never>;
  /** The URL of the module that exports the handler class, if it was given. */
  readonly handlerModule: string | URL | undefined;
  readonly serverAddress: Deno.Addr;
  readonly data: unknown;
  /** How many requests may wait. */
  readonly maxWaitingRequests: number;
}

/**
 * How long after `handleRequest()` idle runners are ended, in milliseconds: a
 * program that calls it in a loop is to find them warm.
 */
const RETIREMENT_DELAY_MS = 1000;

/**
 * What threads and processes have in common: a pool of runners that starts and
 * ends with the serving, and a queue for the requests that find none free.
 *
 * A runner that the system has no room for is started later. Its request waits
 * meanwhile, or goes to another runner; no further requests are taken, so that
 * what ends leaves room for the runner, and not for them.
 */
export abstract class PoolExecutor<Server extends PooledServer>
  implements Executor, FarSideEvents {
  /** The server whose requests are handled. */
  protected readonly server: Server;
  /** The requests that wait for a runner. */
  protected readonly queue: RequestQueue = new RequestQueue(
    () => this.startPause.find(() => this.findFree()),
    () => this.#serving || this.#retire(),
  );
  /** Lasts while no runner is to be started. */
  protected readonly startPause: StartPause;
  readonly #events: ServerEvents;
  #serving = false;
  #retirement: ReturnType<typeof setTimeout> | undefined;
  /** Why no runner is to be started any more. */
  #closed: Error | null = null;

  constructor(server: Server, report: Report) {
    this.server = server;
    this.#events = new ServerEvents(server, report);
    this.startPause = new StartPause({
      retry: () => this.#retry(),
      report: (error) => this.onFault(error, undefined, undefined),
    }, Shortage.of(server));
  }

  async start(): Promise<void> {
    this.checkOpen();
    clearTimeout(this.#retirement);
    this.#serving = true;
    await Promise.all([
      this.startPause.start(() => this.startFirst(), () => this.#serving),
      avertPanics(),
    ]);
    await avertPanics(); // if there was no room for that either
  }

  whenFree(taken = 0): Promise<void> | null {
    const length = this.queue.length + taken;
    if (this.startPause.lasts && length > 0) {
      return Promise.race([this.startPause.over(), this.queue.whenShrunk()]);
    }
    return length === 0 || length < this.server.maxWaitingRequests
      ? null
      : this.queue.whenShrunk();
  }

  run(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    return isPortable(request)
      ? this.queue.submit(request, clientAddress)
      : Promise.reject(notPortable(request));
  }

  get waiting(): number {
    return this.queue.length;
  }

  abort(...given: Parameters<Executor["abort"]>): boolean {
    return this.queue.abort(...given);
  }

  abortAll(reason: Error): void {
    this.queue.abortLater(reason);
    for (const runner of this.runners) runner.stopAll(reason);
  }

  giveUp(...given: Parameters<Executor["giveUp"]>): void {
    this.queue.giveUp(...given);
  }

  rest(soonAgain: boolean): void {
    clearTimeout(this.#retirement);
    if (!soonAgain) return this.#retire(); // or they keep the program alive
    if (this.#closed !== null) return;
    this.#retirement = setTimeout(() => this.#retire(), RETIREMENT_DELAY_MS);
    Deno.unrefTimer(this.#retirement);
  }

  stop(): void {
    this.queue.stop();
  }

  async close(): Promise<void> {
    const error = this.#closed ??= this.closingError();
    clearTimeout(this.#retirement);
    this.#serving = false;
    this.startPause.end();
    this.queue.rejectAll(error);
    await this.endAll(error);
  }

  onShutdown(): void {
    this.#events.onShutdown();
  }

  onFault(...fault: Parameters<Report>): Promise<void> | undefined {
    return this.#events.onFault(...fault);
  }

  /** Whether no runner is to be started any more. */
  protected get closed(): boolean {
    return this.#closed !== null;
  }

  /** Whether runners are wanted that have nothing to do. */
  protected get serving(): boolean {
    return this.#serving;
  }

  /** What a runner is told about the server. */
  protected get farSettings(): FarSettings {
    const { RequestHandlerClass, handlerModule, serverAddress, data } =
      this.server;
    return {
      handler: referenceTo(RequestHandlerClass, handlerModule),
      serverAddress,
      data,
    };
  }

  /**
   * Checks that runners may still be started.
   *
   * @throws {Error} If the executor has been closed.
   */
  protected checkOpen(): void {
    if (this.#closed !== null) throw this.#closed;
  }

  /** The runners there are. */
  protected abstract get runners(): ReadonlySet<RequestRunner>;

  /** Starts the first runner; rejects if the handler cannot be imported. */
  protected abstract startFirst(): Promise<void>;

  /**
   * Finds a runner that is free, or starts one if one more may be, and no pause
   * lasts.
   */
  protected abstract findFree(): Handling | undefined;

  /** May be overridden: starts runners ahead of requests. */
  protected startAhead(): void {}

  /** Ends the runners that have nothing to do. */
  protected abstract retireIdle(): void;

  /** Ends all runners, and their requests with an error. */
  protected abstract endAll(error: Error): void | Promise<void>;

  /** What requests are told when the executor is closed. */
  protected abstract closingError(): Error;

  /** Starts what has waited for room. */
  #retry(): void {
    this.queue.startWaiting();
    if (this.#serving) this.startAhead();
    // With no runner left, it may be that nothing ends any more and leaves room,
    // unless a request does.
    if (this.startPause.isLong && this.runners.size === 0) {
      this.queue.rejectLast(this.startPause.cause);
    }
  }

  #retire(): void {
    this.#serving = false;
    if (this.queue.length === 0) this.startPause.end();
    this.retireIdle();
  }
}
