import type { FarSettings } from "../remote/far_side.ts";
import { referenceTo } from "../remote/handler_module.ts";
import type { FarSideEvents } from "../remote/near_side.ts";
import { checkCounts } from "../servers/option_checks.ts";
import type { ServeForeverOptions } from "../servers/server_options.ts";
import type { RequestQueue } from "../remote/request_queue.ts";
import type { AnyServer, ServerConstructor } from "./server_constructor.ts";

/**
 * How long after `handleRequest()` idle runners are ended, in milliseconds: a
 * program that calls it in a loop is to find them warm.
 */
const RETIREMENT_DELAY_MS = 1000;

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
  /** What the pool's runners are told. */
  readonly farSettings: FarSettings;
  /** What the pool's runners may want of the server. */
  readonly farSideEvents: FarSideEvents;
  /** The URL of the module that exports the handler class, if it was given. */
  readonly handlerModule: string | URL | undefined;
  /** How many requests may wait. */
  maxWaitingRequests: number;
  /** To be called when a handler calls `this.server.shutdown()`. */
  shutdownByHandler(): void | Promise<void>;
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
    readonly handlerModule: string | URL | undefined;
    #pool: HandlerPool | null = null;
    /** How many calls of `serveForever()` and `handleRequest()` go on. */
    #calls = 0;
    #retirement: ReturnType<typeof setTimeout> | undefined;
    #closing = false;

    // deno-lint-ignore no-explicit-any -- TypeScript asks this of a mixin
    constructor(...args: any[]) {
      const { maxWaitingRequests, handlerModule } = args[2] ?? {};
      checkCounts({ maxWaitingRequests }, { least: 1, limit: true });
      super(...args);
      this.maxWaitingRequests = maxWaitingRequests ?? 1000;
      this.handlerModule = handlerModule;
    }

    get handlerPool(): HandlerPool {
      return this.#pool ??= this.createPool();
    }

    createPool(): HandlerPool {
      throw new TypeError("Cannot serve as createPool() must be overridden");
    }

    get farSettings(): FarSettings {
      return {
        handler: referenceTo(this.RequestHandlerClass, this.handlerModule),
        serverAddress: this.serverAddress,
        data: this.data,
      };
    }

    get farSideEvents(): FarSideEvents {
      return {
        onShutdown: () => this.#shutDownByHandler(),
        onFault: (...fault) => this.reportError(...fault),
      };
    }

    shutdownByHandler(): void | Promise<void> {
      return this.shutdown();
    }

    override serveForever(options?: ServeForeverOptions): Promise<void> {
      return this.#serving(() => super.serveForever(options));
    }

    override async handleRequest(): Promise<void> {
      try {
        await this.#serving(() => super.handleRequest());
      } finally {
        if (this.#calls === 0 && !this.#closing) this.#retireLater();
      }
    }

    override serverClose(): Promise<void> {
      // A server that cannot be bound is closed before it is constructed.
      if (#pool in this) {
        this.#closing = true;
        clearTimeout(this.#retirement);
      }
      return super.serverClose();
    }

    override servingEnded(): void {
      // An idle Worker, or child, would keep the program alive.
      this.#pool?.retireIdle();
      super.servingEnded();
    }

    override async prepareToServe(): Promise<void> {
      await super.prepareToServe();
      // What was slow may have been told to stop meanwhile.
      if (this.#calls > 0) await this.handlerPool.start();
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
      return isPortable(request)
        ? this.handlerPool.queue.handle(request, clientAddress)
        : Promise.reject(
          new TypeError(
            `Cannot have the request handled elsewhere as it must be a connection or a datagram, [data, socket]: current value is ${
              Deno.inspect(request)
            }`,
          ),
        );
    }

    override drainTimedOut(): void {
      super.drainTimedOut();
      if (#pool in this) this.#pool?.queue.stop();
    }

    override async serverClosed(): Promise<void> {
      if (#pool in this) await this.#pool?.close();
      await super.serverClosed();
    }

    async #serving(serve: () => Promise<void>): Promise<void> {
      clearTimeout(this.#retirement);
      this.#calls++;
      try {
        await serve();
      } finally {
        this.#calls--;
      }
    }

    #retireLater(): void {
      this.#retirement = setTimeout(
        () => this.#pool?.retireIdle(),
        RETIREMENT_DELAY_MS,
      );
      Deno.unrefTimer(this.#retirement);
    }

    async #shutDownByHandler(): Promise<void> {
      try {
        await this.shutdownByHandler();
      } catch (error) {
        await this.reportError(error, undefined, undefined);
      }
    }
  };
}

/** Whether a request is of a kind that can be carried to another isolate. */
function isPortable(request: unknown): boolean {
  return Array.isArray(request) ||
    typeof (request as { read?: unknown } | null)?.read === "function";
}
