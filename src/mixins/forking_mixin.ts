import {
  type ForkingOptions,
  type ForkingSettings,
  forkingSettings,
} from "../processes/forking_options.ts";
import type { ProcessExecutor } from "../processes/process_executor.ts";
import type { Executor } from "../servers/executor.ts";
import { LazyExecutor } from "../servers/lazy_executor.ts";
import { checkOptions, checkSwitches } from "../option_checks.ts";
import { AsyncMixIn } from "./async_mixin.ts";
import { defineFields } from "./define_fields.ts";
import type {
  AnyServer,
  ServerConstructor,
  ServerWith,
} from "./server_constructor.ts";

/**
 * What {@linkcode ForkingMixIn} adds to a server: a field for each of
 * {@linkcode ForkingOptions}, which has their texts, and these members.
 */
export interface Forking extends ForkingSettings {
  /** The IDs of the processes that handle requests now. */
  readonly activeChildren: Set<number>;

  /**
   * Waits for children, if asked to. They need not be collected: each is as
   * soon as it ends, and no other child of the program is touched.
   *
   * @param options With `blocking`, waits for the requests that are being
   * handled now, and for the children that end with them.
   * @throws {TypeError} If the options are not an object, or `blocking` not a
   * boolean.
   */
  collectChildren(options?: { blocking?: boolean }): Promise<void>;

  /**
   * May be overridden. Called when a handler in a child calls
   * `this.server.shutdown()`; calls `shutdown()`. What it throws goes to
   * `handleError()`, without a request.
   */
  shutdownByHandler(): void | Promise<void>;
}

/**
 * The class that {@linkcode ForkingMixIn} makes of another one.
 *
 * @typeParam Base The class that was extended.
 */
export type ForkingServerConstructor<Base extends ServerConstructor> =
  ServerWith<Base, ForkingOptions, Forking>;

/**
 * Makes a server handle each request in a child process of its own, which has
 * no permissions.
 *
 * The handler class is imported in the child from the module that exports it,
 * and the client's bytes come and go through pipes: it needs no permission to
 * serve, and has none to do anything else. Everything else, the hooks and
 * their state, stays where the server is; `this.server` has `serverAddress`,
 * `data`, `shutdown()` and `requestSignal()` only. A child that dies costs its
 * own request only, which is reported with a `ChildProcessError`.
 *
 * A handler's `signal` is aborted in its child, too. A reset by the client is
 * noticed although the handler neither reads nor writes, in some milliseconds, as
 * the server reads ahead: up to 256 KiB that the handler has not read.
 *
 * When `requestTimeout` has passed, the handler is told by its signal. If it has
 * not ended a quarter of a second later, its child is ended, whatever it does,
 * and with it the requests that share it; what it has written goes out, for a
 * second at most.
 *
 * An override of `finishRequest()` that passes on a wrapper of the request passes
 * on the client's address that it was given, by which the request is known then.
 *
 * Needs the permission to run Deno: `--allow-run=<the path of deno>`.
 *
 * @typeParam Base The class of server to extend.
 * @param base The class to extend.
 * @returns A class that handles requests in child processes.
 *
 * @example A server of one's own
 * ```ts
 * import { ForkingMixIn, TCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class LocalServer extends TCPServer {
 *   override verifyRequest(_request: unknown, clientAddress: Deno.NetAddr) {
 *     return clientAddress.hostname === "127.0.0.1";
 *   }
 * }
 * class ForkingLocalServer extends ForkingMixIn(LocalServer) {}
 *
 * await using server = new ForkingLocalServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   function handle() {},
 *   { maxChildren: 10 },
 * );
 * assertEquals(server.maxChildren, 10);
 * ```
 */
export function ForkingMixIn<
  Base extends ServerConstructor<AnyServer & Partial<Forking>>,
>(base: Base): ForkingServerConstructor<Base> {
  class ForkingServer extends AsyncMixIn<ServerConstructor>(base) {
    #executor: LazyExecutor<ProcessExecutor> | null = null;

    // deno-lint-ignore no-explicit-any -- TypeScript asks this of a mixin
    constructor(...args: any[]) {
      const settings = forkingSettings(args[2] ?? {});
      super(...args); // which binds: not before the options are checked
      defineFields(this, settings);
    }

    get activeChildren(): Set<number> {
      return this.#executor?.loaded?.active ?? new Set();
    }

    async collectChildren(
      options?: { blocking?: boolean } | null,
    ): Promise<void> {
      checkOptions(options, "collect children");
      const { blocking = false } = options ?? {};
      checkSwitches({ blocking }, "collect children");
      if (blocking) await this.#executor?.loaded?.collect();
    }

    shutdownByHandler(): void | Promise<void> {
      return this.shutdown();
    }

    protected override createExecutor(): Executor {
      return this.#executor = new LazyExecutor(async () => {
        const { ProcessExecutor } = await import(
          "../processes/process_executor.ts"
        );
        return new ProcessExecutor(
          this,
          (...fault) => this.reportError(...fault),
        );
      });
    }
  }
  interface ForkingServer extends ForkingSettings {}
  return ForkingServer as unknown as ForkingServerConstructor<Base>;
}
