import type { Executor } from "../servers/executor.ts";
import { LazyExecutor } from "../servers/lazy_executor.ts";
import type { ThreadExecutor } from "../threads/thread_executor.ts";
import {
  type ThreadingOptions,
  type ThreadingSettings,
  threadingSettings,
} from "../threads/threading_options.ts";
import { AsyncMixIn } from "./async_mixin.ts";
import { defineFields } from "./define_fields.ts";
import type {
  AnyServer,
  ServerConstructor,
  ServerWith,
} from "./server_constructor.ts";

/**
 * What {@linkcode ThreadingMixIn} adds to a server: a field for each of
 * {@linkcode ThreadingOptions}, which has their texts, and these members.
 */
export interface Threading extends ThreadingSettings {
  /** How many threads there are now. */
  readonly activeThreads: number;

  /**
   * May be overridden. Called for each request, beside the loop; the request is
   * open, and shut down afterwards. What it throws goes to `handleError()`.
   * Calls `finishRequest()`, which has the request handled on a thread.
   */
  processRequestThread(
    // deno-lint-ignore no-explicit-any -- what the server's requests are
    request: any,
    clientAddress: Deno.Addr,
  ): void | Promise<void>;

  /**
   * May be overridden. Called when a handler in a thread calls
   * `this.server.shutdown()`; calls `shutdown()`. What it throws goes to
   * `handleError()`, without a request.
   */
  shutdownByHandler(): void | Promise<void>;
}

/**
 * The class that {@linkcode ThreadingMixIn} makes of another one.
 *
 * @typeParam Base The class that was extended.
 */
export type ThreadingServerConstructor<Base extends ServerConstructor> =
  ServerWith<Base, ThreadingOptions, Threading>;

/**
 * Makes a server handle requests on threads, which Deno calls Workers: many at
 * once, on all cores.
 *
 * The handler class is imported in each thread from the module that exports
 * it. Everything else, the hooks and their state, stays where the server is;
 * `this.server` has `serverAddress`, `data`, `shutdown()` and `requestSignal()`
 * only. A thread handles many requests at a time, as they wait; when one
 * computes, the others of its thread wait too. A thread that ends takes its own
 * requests with it, each of which is reported, and is replaced. If a further one
 * cannot start, that is reported, and those that live do its work.
 *
 * The requests must be connections or datagrams, as those of all servers of
 * this library are: only these can be carried to a thread.
 *
 * A handler's `signal` is aborted on its thread, too. A reset by the client is
 * noticed although the handler neither reads nor writes, within a millisecond or
 * two, as the server reads ahead: up to 256 KiB that the handler has not read.
 *
 * When `requestTimeout` has passed, the handler is told by its signal. If it has
 * not ended a quarter of a second later, the request ends without it: what it has
 * written goes out, for a second at most, and what it does then is ignored. Its
 * thread and the others on it go on. A thread that is found not to answer, as its
 * code loops, gets no further requests while there is another.
 *
 * An override of `finishRequest()` that passes on a wrapper of the request passes
 * on the client's address that it was given, by which the request is known then.
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
export function ThreadingMixIn<
  Base extends ServerConstructor<AnyServer & Partial<Threading>>,
>(base: Base): ThreadingServerConstructor<Base> {
  class ThreadingServer extends AsyncMixIn<ServerConstructor>(base) {
    #executor: LazyExecutor<ThreadExecutor> | null = null;

    // deno-lint-ignore no-explicit-any -- TypeScript asks this of a mixin
    constructor(...args: any[]) {
      const settings = threadingSettings(args[2] ?? {});
      super(...args); // which binds: not before the options are checked
      defineFields(this, settings);
    }

    get activeThreads(): number {
      return this.#executor?.loaded?.size ?? 0;
    }

    override processRequest(request: unknown, clientAddress: Deno.Addr): void {
      this.detachRequest(request, clientAddress, this.processRequestThread);
    }

    processRequestThread(
      request: unknown,
      clientAddress: Deno.Addr,
    ): void | Promise<void> {
      return this.finishRequest(request, clientAddress);
    }

    shutdownByHandler(): void | Promise<void> {
      return this.shutdown();
    }

    override serverClose(): Promise<void> {
      const closed = super.serverClose();
      // Not set yet, if the constructor could not bind.
      if (this.daemonThreads) this.#executor?.close();
      return closed;
    }

    protected override createExecutor(): Executor {
      return this.#executor = new LazyExecutor(async () => {
        const { ThreadExecutor } = await import(
          "../threads/thread_executor.ts"
        );
        return new ThreadExecutor(
          this,
          (...fault) => this.reportError(...fault),
        );
      });
    }
  }
  interface ThreadingServer extends ThreadingSettings {}
  return ThreadingServer as unknown as ThreadingServerConstructor<Base>;
}
