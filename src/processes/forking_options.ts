import { checkCounts, checkDurations, checkTexts } from "../option_checks.ts";
import { checkData, checkHandlerModule } from "../servers/option_checks.ts";
import type { ServerOptions, Settings } from "../servers/server_options.ts";
import { childFlags, type ChildPermissions } from "./child_flags.ts";
import { serializeData } from "./process_settings.ts";
import { SPARE_CHILDREN } from "./spare_children.ts";

export type { ChildPermissions } from "./child_flags.ts";

/**
 * Options that {@linkcode ForkingMixIn} adds to those of a server. The constructor
 * throws a `TypeError` for one of the wrong type, also for `data` that cannot be
 * cloned, and a `RangeError` for a number that is out of range. A count that is set
 * to such a number later counts as the least one.
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
   * speed: what one request leaves behind, the next one finds. A client that
   * has reset its connection while it waited for a child is not given one, and
   * does not count.
   *
   * @default {1}
   */
  maxRequestsPerChild?: number;
  /**
   * The most requests that share a child at once, if `maxRequestsPerChild`
   * allows as many. They take turns when they wait, as threads' do. They end
   * together if one of them does not end in time: see {@linkcode ForkingMixIn}.
   *
   * @default {1}
   */
  requestsPerChild?: number;
  /**
   * How many children wait for requests, so that these need not wait for a
   * process to start; at most 1000.
   *
   * @default {1}
   */
  minSpareChildren?: number;
  /**
   * How many requests may wait for a child before the server stops taking
   * further ones, which then wait in the system's queue. Those that wait are
   * among the `maxActiveRequests`, and `stats.waiting` tells how many they are;
   * their `requestTimeout` has begun. When the server wants to stop, no child is
   * started for connections whose clients have sent nothing: they are closed. The
   * others are handled; their handlers are told a moment after they have begun.
   *
   * @default {1000}
   */
  maxWaitingRequests?: number;
  /**
   * What the children may do: `"none"`, the parts that are named, as in
   * `{ read: ["/srv/data"] }`, or with `"inherit"` what this program may do.
   *
   * Deno tells a program of each kind of permission whether it has all of it,
   * not which parts; so only what was granted wholly is inherited. Without
   * `import` a child imports what is in Deno's cache and nothing else, as after
   * `deno cache <the handler's module>`; without all of `net` it replies to
   * datagrams of its client, and to nobody else, although the server's socket
   * could. Whatever it may do, it finds this program's arguments in
   * `Deno.args`.
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
   * It may be a script that starts Deno in a way of its own. On Linux,
   * `exec setpriv --pdeathsig KILL deno "$@"` has a child end with the server
   * even when the guardian is killed along with it. The child is then killed at
   * once, with no moment for its `finally` blocks.
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

/** The fields that a server has for {@linkcode ForkingOptions}. */
export type ForkingSettings =
  & Settings<Omit<ForkingOptions, "configPath" | "handlerModule">>
  & { configPath: string | undefined }
  & { readonly handlerModule: string | URL | undefined };

/**
 * Checks the options, and fills in the defaults.
 *
 * @throws {TypeError} If an option has the wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function forkingSettings(
  {
    maxChildren = 40,
    maxRequestsPerChild = 1,
    requestsPerChild = 1,
    minSpareChildren = 1,
    maxWaitingRequests = 1000,
    timeout = 300, // as in Python: handleRequest() returns after five idle minutes
    permissions = "none",
    denoFlags = [],
    configPath,
    denoPath = Deno.execPath(),
    handlerModule,
    data,
  }: ForkingOptions & Pick<ServerOptions, "data">,
): ForkingSettings {
  const counts = {
    maxChildren,
    maxRequestsPerChild,
    requestsPerChild,
    maxWaitingRequests,
  };
  checkCounts(counts, { least: 1, most: Infinity });
  checkCounts({ minSpareChildren }, SPARE_CHILDREN);
  checkDurations({ timeout });
  const flags = { permissions, denoFlags, configPath };
  childFlags(flags); // which checks them
  checkTexts({ denoPath });
  checkHandlerModule(handlerModule);
  checkData(data, serializeData);
  return {
    ...counts,
    minSpareChildren,
    timeout,
    ...flags,
    denoPath,
    handlerModule,
  };
}
