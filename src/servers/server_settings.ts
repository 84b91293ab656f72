import {
  checkCounts,
  checkDurations,
  checkOptions,
  checkSwitches,
  checkTimeLimits,
} from "../option_checks.ts";
import type { ServerOptions, Settings } from "./server_options.ts";

/** The fields that every server has for its options. */
export type ServerSettings =
  & Settings<Omit<ServerOptions, "bindAndActivate">>
  & { readonly data: unknown };

/** How many; Infinity is no limit. */
const LIMIT = { least: 1, most: Infinity };

/**
 * Checks the options that every server has, and fills in the defaults.
 *
 * @throws {TypeError} If the options are not an object, or one has the wrong
 * type.
 * @throws {RangeError} If a number is out of range.
 */
export function serverSettings(
  options: ServerOptions | null | undefined,
  defaults: Pick<ServerSettings, "maxActiveRequests">,
): ServerSettings {
  checkOptions(options);
  const {
    bindAndActivate,
    timeout = null,
    blockOnClose = true,
    drainTimeout = null,
    maxActiveRequests = defaults.maxActiveRequests,
    maxRequestsPerClient = Infinity,
    requestTimeout = null,
    data,
  } = options ?? {};
  checkDurations({ timeout, drainTimeout });
  checkTimeLimits({ requestTimeout });
  checkCounts({ maxActiveRequests, maxRequestsPerClient }, LIMIT);
  checkSwitches({ bindAndActivate, blockOnClose });
  return {
    timeout,
    blockOnClose,
    drainTimeout,
    maxActiveRequests,
    maxRequestsPerClient,
    requestTimeout,
    data,
  };
}
