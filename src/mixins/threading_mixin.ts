import { checkCounts } from "../servers/option_checks.ts";
import { PooledMixIn } from "./pooled_mixin.ts";
import type { AnyServer, ServerConstructor } from "./server_constructor.ts";
import { ThreadPool } from "../threads/thread_executor.ts";

/**
 * Options that {@linkcode ThreadingMixIn} adds to those of a server. The constructor
 * throws a `RangeError` for a number that is out of range.
 */
export interface ThreadingOptions {
  /**
   * The most threads.
   *
   * @default {navigator.hardwareConcurrency}
   */
  maxThreads?: number;
  /**
   * The most requests that share a thread. `1` gives each its own.
   *
   * @default {Infinity}
   */
  requestsPerThread?: number;
  /**
   * How many requests may wait for a thread before the server stops taking
   * further ones, which then wait in the system's queue. It has no effect as
   * long as `requestsPerThread` is `Infinity`: then none ever waits.
   *
   * @default {1000}
   */
  maxWaitingRequests?: number;
  /**
   * Whether `serverClose()` ends threads whose handlers still run, without
   * waiting for them.
   *
   * @default {false}
   */
  daemonThreads?: boolean;
  /**
   * The URL of the module that exports the handler class.
   *
   * @default {undefined} The class's `static moduleUrl`, or else the program's
   * main module.
   */
  handlerModule?: string | URL;
}

/** What {@linkcode ThreadingMixIn} adds to a server. */
export interface Threading {
  /**
   * The most threads. It may be changed at any time: threads that are too many
   * end when they have nothing to do.
   *
   * @default {navigator.hardwareConcurrency}
   */
  maxThreads: number;
  /**
   * The most requests that share a thread.
   *
   * @default {Infinity}
   */
  requestsPerThread: number;
  /**
   * How many requests may wait for a thread.
   *
   * @default {1000}
   */
  maxWaitingRequests: number;
  /**
   * Whether `serverClose()` does not wait for handlers.
   *
   * @default {false}
   */
  daemonThreads: boolean;
  /**
   * The URL of the module that exports the handler class, if it was given.
   *
   * @default {undefined}
   */
  readonly handlerModule: string | URL | undefined;
  /** How many threads there are now. */
  readonly activeThreads: number;

  /**
   * May be overridden. Called for each request, beside the loop; what it
   * throws goes to `handleError()`. Calls `finishRequest()`, which has the
   * request handled on a thread.
   */
  processRequestThread(
    // deno-lint-ignore no-explicit-any -- what the server's requests are
    request: any,
    clientAddress: Deno.Addr,
  ): void | Promise<void>;

  /**
   * May be overridden. Called when a handler in a thread calls
   * `this.server.shutdown()`; calls `shutdown()`. What it throws goes to
   * `handleError()`.
   */
  shutdownByHandler(): void | Promise<void>;
}

/**
 * The class that {@linkcode ThreadingMixIn} makes of another one: its
 * constructor takes the mixin's options too.
 *
 * @typeParam Base The class that was extended.
 */
export type ThreadingServerConstructor<Base extends ServerConstructor> =
  ConstructorParameters<Base> extends
    [infer Address, infer Handler, (infer Options)?] ? new (
      serverAddress: Address,
      RequestHandlerClass: Handler,
      options?: Options & ThreadingOptions,
    ) => InstanceType<Base> & Threading
    : Base & ServerConstructor<AnyServer & Threading>;

/**
 * Makes a server handle requests on threads, which Deno calls Workers: many at
 * once, on all cores.
 *
 * The handler class is imported in each thread from the module that exports
 * it. Everything else, the hooks and their state, stays where the server is;
 * `this.server` has `serverAddress`, `data` and `shutdown()` only. A thread
 * handles many requests at a time, as they wait; when one computes, the others
 * of its thread wait too. A thread that ends takes its own requests with it,
 * each of which is reported, and is replaced. If a further one cannot start,
 * that is reported, and those that live do its work.
 *
 * The requests must be connections or datagrams, as those of all servers of
 * this library are: only these can be carried to a thread.
 *
 * At `drainTimeout`, `serverClose()` closes the requests that are left. Their
 * handlers learn of it when they read or write, and have a quarter of a second
 * for their `finally` blocks before their threads are ended. One that loops
 * without ever waiting cannot be stopped by Deno 2.9.6: it is given up, and
 * computes on until the program ends.
 *
 * @typeParam Base The class of server to extend.
 * @param base The class to extend.
 * @returns A class that handles requests on threads.
 *
 * @example A server of one's own
 * ```ts
 * import { TCPServer, ThreadingMixIn } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class LocalServer extends TCPServer {
 *   override verifyRequest(_request: unknown, clientAddress: Deno.NetAddr) {
 *     return clientAddress.hostname === "127.0.0.1";
 *   }
 * }
 * class ThreadingLocalServer extends ThreadingMixIn(LocalServer) {}
 *
 * await using server = new ThreadingLocalServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   function handle() {},
 *   { maxThreads: 2 },
 * );
 * assertEquals(server.maxThreads, 2);
 * ```
 */
export function ThreadingMixIn<Base extends ServerConstructor>(
  base: Base,
): ThreadingServerConstructor<Base> {
  class ThreadingServer extends PooledMixIn(base) implements Threading {
    maxThreads: number;
    requestsPerThread: number;
    daemonThreads: boolean;

    // deno-lint-ignore no-explicit-any -- TypeScript asks this of a mixin
    constructor(...args: any[]) {
      const options: ThreadingOptions = args[2] ?? {};
      const { maxThreads, requestsPerThread } = options;
      checkCounts({ maxThreads, requestsPerThread }, { least: 1, limit: true });
      super(...args); // which binds: not before the options are checked
      this.maxThreads = maxThreads ?? navigator.hardwareConcurrency;
      this.requestsPerThread = requestsPerThread ?? Infinity;
      this.daemonThreads = options.daemonThreads ?? false;
    }

    get activeThreads(): number {
      return (this.handlerPool as ThreadPool).size;
    }

    override createPool(): ThreadPool {
      return new ThreadPool(
        () => this.farSettings,
        this,
        this.farSideEvents,
      );
    }

    override processRequest(
      request: unknown,
      clientAddress: Deno.Addr,
    ): void {
      this.detachRequest(
        request,
        clientAddress,
        () => this.processRequestThread(request, clientAddress),
      );
    }

    processRequestThread(
      request: unknown,
      clientAddress: Deno.Addr,
    ): void | Promise<void> {
      return this.finishRequest(request, clientAddress);
    }

    override serverClose(): Promise<void> {
      const closed = super.serverClose();
      // Not set yet, if the constructor could not bind.
      if (this.daemonThreads) this.handlerPool.close();
      return closed;
    }
  }
  return ThreadingServer as unknown as ThreadingServerConstructor<Base>;
}
