import type { ChildPermissions } from "../processes/child_flags.ts";
import { ProcessExecutor } from "../processes/process_executor.ts";
import type { Executor } from "../servers/executor.ts";
import { checkCounts, checkDurations } from "../servers/option_checks.ts";
import { AsyncMixIn } from "./async_mixin.ts";
import type {
  AnyServer,
  ServerConstructor,
  ServerWith,
  Settings,
} from "./server_constructor.ts";

export type { ChildPermissions };

/**
 * Options that {@linkcode ForkingMixIn} adds to those of a server. The constructor
 * throws a `RangeError` for a number that is out of range.
 */
export interface ForkingOptions {
  /**
   * The most child processes, those that wait for requests included. The
   * guardian, which ends them if the server is killed, is one more.
   *
   * @default {40}
   */
  maxChildren?: number;
  /**
   * After how many requests a child ends. More than one trades isolation for
   * speed: what one request leaves behind, the next one finds.
   *
   * @default {1}
   */
  maxRequestsPerChild?: number;
  /**
   * The most requests that share a child at once, if `maxRequestsPerChild`
   * allows as many. They take turns when they wait, as threads' do.
   *
   * @default {1}
   */
  requestsPerChild?: number;
  /**
   * How many children wait for requests, so that these need not wait for a
   * process to start.
   *
   * @default {1}
   */
  minSpareChildren?: number;
  /**
   * How many requests may wait for a child before the server stops taking
   * further ones, which then wait in the system's queue.
   *
   * @default {1000}
   */
  maxWaitingRequests?: number;
  /**
   * The longest that a request may take, in seconds; `null` for ever. Then its
   * child is ended, whatever it does, and with it the requests that share it.
   *
   * @default {null}
   */
  requestTimeout?: number | null;
  /**
   * What the children may do: `"none"`, the parts that are named, as in
   * `{ read: ["/srv/data"] }`, or with `"inherit"` what this program may do.
   *
   * Deno tells a program of each kind of permission whether it has all of it,
   * not which parts; so only what was granted wholly is inherited. Without
   * `import` a child imports what is in Deno's cache and nothing else, as after
   * `deno cache <the handler's module>`; without all of `net` it replies to
   * datagrams of its client, and to nobody else, although the server's socket
   * could.
   *
   * @default {"none"}
   */
  permissions?: ChildPermissions;
  /**
   * Further flags for Deno in the children, which inherit none from this
   * program: `["--unstable-kv", "--cached-only"]`.
   *
   * @default {[]}
   */
  denoFlags?: readonly string[];
  /**
   * The path of the children's `deno.json`.
   *
   * @default {undefined} The one that Deno finds beside the handler's module.
   */
  configPath?: string;
  /**
   * The path of Deno. A program made with `deno compile` has to name it.
   *
   * @default {Deno.execPath()}
   */
  denoPath?: string;
  /**
   * The URL of the module that exports the handler class.
   *
   * @default {undefined} The class's `static moduleUrl`, or else the program's
   * main module.
   */
  handlerModule?: string | URL;
  /**
   * The longest wait of `handleRequest()`, in seconds, as for other servers,
   * but with Python's default for this one; `null` for ever.
   *
   * @default {300}
   */
  timeout?: number | null;
}

/**
 * What {@linkcode ForkingMixIn} adds to a server: a field for each of
 * {@linkcode ForkingOptions}, which has their texts, and these members.
 */
export interface Forking
  extends Settings<Omit<ForkingOptions, "configPath" | "handlerModule">> {
  /**
   * The path of the children's `deno.json`.
   *
   * @default {undefined}
   */
  configPath: string | undefined;
  /**
   * The URL of the module that exports the handler class.
   *
   * @default {undefined}
   */
  readonly handlerModule: string | URL | undefined;
  /** The IDs of the processes that handle requests now. */
  readonly activeChildren: Set<number>;

  /**
   * Waits for children, if asked to. They need not be collected: each is as
   * soon as it ends, and no other child of the program is touched.
   *
   * @param options With `blocking`, waits for the requests that are being
   * handled now, and for the children that end with them.
   */
  collectChildren(options?: { blocking?: boolean }): Promise<void>;

  /**
   * May be overridden. Called when a handler in a child calls
   * `this.server.shutdown()`; calls `shutdown()`. What it throws goes to
   * `handleError()`.
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
 * `data` and `shutdown()` only. A child that dies costs its own request only,
 * which is reported with a `ChildProcessError`.
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
  class ForkingServer extends AsyncMixIn<ServerConstructor>(base)
    implements Forking {
    maxChildren: number;
    maxRequestsPerChild: number;
    requestsPerChild: number;
    minSpareChildren: number;
    maxWaitingRequests: number;
    requestTimeout: number | null;
    permissions: ChildPermissions;
    denoFlags: readonly string[];
    denoPath: string;
    configPath: string | undefined;
    readonly handlerModule: string | URL | undefined;
    #executor: ProcessExecutor | null = null;

    // deno-lint-ignore no-explicit-any -- TypeScript asks this of a mixin
    constructor(...args: any[]) {
      const options: ForkingOptions = args[2] ?? {};
      const {
        maxChildren = 40,
        maxRequestsPerChild = 1,
        requestsPerChild = 1,
        minSpareChildren = 1,
        maxWaitingRequests = 1000,
        requestTimeout = null,
      } = options;
      checkCounts(
        {
          maxChildren,
          maxRequestsPerChild,
          requestsPerChild,
          maxWaitingRequests,
        },
        { least: 1, limit: true },
      );
      checkCounts({ minSpareChildren }, { least: 0, limit: false });
      checkDurations({ requestTimeout });
      super(...args); // which binds: not before the options are checked
      // Python's default: handleRequest() returns after five idle minutes.
      this.timeout = options.timeout === undefined ? 300 : options.timeout;
      this.maxChildren = maxChildren;
      this.maxRequestsPerChild = maxRequestsPerChild;
      this.requestsPerChild = requestsPerChild;
      this.minSpareChildren = minSpareChildren;
      this.maxWaitingRequests = maxWaitingRequests;
      this.requestTimeout = requestTimeout;
      this.permissions = options.permissions ?? "none";
      this.denoFlags = options.denoFlags ?? [];
      this.denoPath = options.denoPath ?? Deno.execPath();
      this.configPath = options.configPath;
      this.handlerModule = options.handlerModule;
    }

    get activeChildren(): Set<number> {
      return this.#executor?.active ?? new Set();
    }

    async collectChildren({ blocking = false } = {}): Promise<void> {
      if (blocking) await this.#executor?.collect();
    }

    shutdownByHandler(): void | Promise<void> {
      return this.shutdown();
    }

    protected override createExecutor(): Executor {
      return this.#executor = new ProcessExecutor(
        this,
        (...fault) => this.reportError(...fault),
      );
    }
  }
  return ForkingServer as unknown as ForkingServerConstructor<Base>;
}
