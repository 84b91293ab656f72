import { checkCounts } from "../servers/option_checks.ts";
import type { RequestQueue } from "./request_queue.ts";
import type { AnyServer, ServerConstructor } from "./server_constructor.ts";

/** Threads or child processes, and the requests that wait for them. */
export interface HandlerPool {
  /** The requests that wait. */
  readonly queue: RequestQueue;
  /** Starts the first one; throws if the handler cannot be imported. */
  start(): Promise<void>;
  /** Ends those that have nothing to do. */
  retireIdle(): void;
  /** Ends all; their requests, and those that wait, with an error. */
  close(): void | Promise<void>;
}

/** What {@linkcode PooledMixIn} adds to a server. */
export interface Pooled {
  /** The pool, made when it is first needed. */
  readonly handlerPool: HandlerPool;
  /** To be overridden: makes the pool. */
  createPool(): HandlerPool;
  /** How many requests may wait. */
  maxWaitingRequests: number;
}

/**
 * What the threading and the forking mixin have in common: requests are
 * handled beside the loop, by a pool that starts and ends with the serving.
 */
export function PooledMixIn(
  base: ServerConstructor,
): ServerConstructor<AnyServer & Pooled> {
  return class extends base implements Pooled {
    maxWaitingRequests: number;
    #pool: HandlerPool | null = null;

    // deno-lint-ignore no-explicit-any -- TypeScript asks this of a mixin
    constructor(...args: any[]) {
      const { maxWaitingRequests } = args[2] ?? {};
      checkCounts({ maxWaitingRequests }, { least: 1, limit: true });
      super(...args);
      this.maxWaitingRequests = maxWaitingRequests ?? 1000;
    }

    get handlerPool(): HandlerPool {
      return this.#pool ??= this.createPool();
    }

    createPool(): HandlerPool {
      throw new TypeError("Cannot serve as createPool() must be overridden");
    }

    override servingEnded(): void {
      super.servingEnded();
      // An idle Worker, or child, would keep the program alive.
      this.#pool?.retireIdle();
    }

    override async prepareToServe(): Promise<void> {
      await super.prepareToServe();
      await this.handlerPool.start();
    }

    override whenReady(): Promise<void> | null {
      const { queue } = this.handlerPool;
      return queue.length < this.maxWaitingRequests
        ? super.whenReady()
        : queue.whenShrunk();
    }

    override processRequest(
      request: unknown,
      clientAddress: Deno.Addr,
    ): void {
      this.detachRequest(
        request,
        clientAddress,
        () => this.finishRequest(request, clientAddress),
      );
    }

    override finishRequest(
      request: unknown,
      clientAddress: Deno.Addr,
    ): Promise<void> {
      return this.handlerPool.queue.handle(request, clientAddress);
    }

    override async serverClosed(): Promise<void> {
      // A server that cannot be bound is closed before it is constructed.
      if (#pool in this) await this.#pool?.close();
      await super.serverClosed();
    }
  };
}
