import { checkCounts, checkSwitches } from "../option_checks.ts";
import { checkData, checkHandlerModule } from "../servers/option_checks.ts";
import type { ServerOptions, Settings } from "../servers/server_options.ts";

/**
 * Options that {@linkcode ThreadingMixIn} adds to those of a server. The constructor
 * throws a `TypeError` for one of the wrong type, also for `data` that cannot be
 * cloned, and a `RangeError` for a number that is out of range. A count that is set
 * to such a number later counts as 1.
 */
export interface ThreadingOptions {
  /**
   * The most threads. Surplus threads end when they become idle.
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
   * long as `requestsPerThread` is `Infinity`: then none ever waits. Those that
   * wait are among the `maxActiveRequests`, and `stats.waiting` tells how many
   * they are; their `requestTimeout` has begun. When the server wants to stop,
   * connections whose clients have sent nothing are closed. The others are
   * handled; their handlers are told a moment after they have begun.
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

/** The fields that a server has for {@linkcode ThreadingOptions}. */
export type ThreadingSettings =
  & Settings<Omit<ThreadingOptions, "handlerModule">>
  & { readonly handlerModule: string | URL | undefined };

/**
 * Checks the options, and fills in the defaults.
 *
 * @throws {TypeError} If an option has the wrong type.
 * @throws {RangeError} If a number is out of range.
 */
export function threadingSettings(
  {
    maxThreads = navigator.hardwareConcurrency,
    requestsPerThread = Infinity,
    maxWaitingRequests = 1000,
    daemonThreads = false,
    handlerModule,
    data,
  }: ThreadingOptions & Pick<ServerOptions, "data">,
): ThreadingSettings {
  const counts = { maxThreads, requestsPerThread, maxWaitingRequests };
  checkCounts(counts, { least: 1, most: Infinity });
  checkSwitches({ daemonThreads });
  checkHandlerModule(handlerModule);
  checkData(data, structuredClone);
  return { ...counts, daemonThreads, handlerModule };
}
