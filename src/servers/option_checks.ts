import { brokenRule } from "../broken_rule.ts";
import { isHandlerClass } from "../handlers/run_handler.ts";
import {
  checkDurations,
  checkOptions,
  type NamedOptions,
  wrongOption,
} from "../option_checks.ts";

/**
 * Checks what is to handle a server's requests.
 *
 * @throws {TypeError} If it cannot.
 */
export function checkHandlerClass(value: unknown): void {
  if (isHandlerClass(value)) return;
  const rule = "RequestHandlerClass must be a handler class or a function";
  throw wrongOption(rule, value);
}

/** Which servers can have what a client has to say first. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  tls: ["tcp"],
  proxyProtocol: ["tcp", "unix"],
};

/**
 * Checks that a server is not asked for TLS, or for a proxy's header, that has
 * neither: it would serve in the clear, or believe in a wrong address.
 *
 * @throws {TypeError} If it is.
 */
export function checkLayers(options: unknown, transport: string): void {
  for (const [name, transports] of Object.entries(LAYERS)) {
    if (transports.includes(transport)) continue;
    if ((options as NamedOptions | null)?.[name] === undefined) continue;
    const rule = `${name} needs a server of ${transports.join(" or ")}`;
    throw wrongOption(rule, transport);
  }
}

/**
 * Checks the `handlerModule` option.
 *
 * @throws {TypeError} If it is not a URL.
 */
export function checkHandlerModule(value: unknown): void {
  if (value === undefined || value instanceof URL) return;
  if (typeof value === "string" && URL.canParse(value)) return;
  const rule =
    "handlerModule must be a URL, as import.meta.resolve() makes one";
  throw wrongOption(rule, value);
}

/**
 * Checks the timeout of `handleRequest()`, which may have been set to anything
 * since the server was made.
 *
 * @throws {TypeError} If it is neither a number nor `null`.
 * @throws {RangeError} If it is `NaN`.
 */
export function checkedTimeout(timeout: number | null = null): number | null {
  checkDurations({ timeout }, "handle a request");
  return timeout;
}

/**
 * Checks that another isolate can be sent the server's `data`.
 *
 * @param clone Makes a copy as it is made for that isolate; throws if it cannot.
 * @throws {TypeError} If it cannot.
 */
export function checkData(
  data: unknown,
  clone: (data: unknown) => unknown,
): void {
  if (data === undefined) return;
  try {
    clone(data);
  } catch (cause) {
    const rule = "data must be structured-cloneable";
    throw wrongOption(rule, data, { cause });
  }
}

/**
 * Checks the options of `serveForever()`. `null` stands for none of them, as it
 * does for no signal, and for no call of `serviceActions()` between requests.
 *
 * @throws {TypeError} If they are not an object, or one has the wrong type.
 * @throws {RangeError} If `pollInterval` is negative or `NaN`.
 */
export function checkServeOptions(options: unknown): void {
  const action = "serve";
  checkOptions(options, action);
  const { signal = null, pollInterval } = (options ?? {}) as NamedOptions;
  if (signal !== null && !(signal instanceof AbortSignal)) {
    const rule = "signal must be an AbortSignal";
    throw new TypeError(brokenRule(action, rule, signal));
  }
  checkDurations({ pollInterval }, action);
  if (typeof pollInterval !== "number" || pollInterval >= 0) return;
  const rule = "pollInterval must not be negative";
  throw new RangeError(brokenRule(action, rule, pollInterval));
}

/** The duration that a field holds: what is none counts as no time at all. */
export function durationIn(field: unknown): number | null {
  if (field === null || field === undefined) return null;
  return typeof field === "number" ? field || 0 : 0;
}

/** The limit that a field holds: what is none counts as the least there is. */
export function limitIn(field: unknown): number {
  return typeof field === "number" && field >= 1 ? field : 1;
}
