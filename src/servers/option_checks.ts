import { isHandlerClass } from "../handlers/run_handler.ts";
import { inspected } from "../inspected.ts";

/** Options by their names. One that is `undefined` has been left out. */
export type NamedOptions = Readonly<Record<string, unknown>>;

/** Which whole numbers an option may be. */
export interface CountRange {
  readonly least: number;
  /** With `Infinity`, that is a value of the option too: no limit. */
  readonly most: number;
}

const CREATE = "create the server";

/** Makes the message of an error: the action, the rule, and the value seen. */
export function brokenRule(
  action: string,
  rule: string,
  value: unknown,
): string {
  return `Cannot ${action} as ${rule}: current value is ${inspected(value)}`;
}

/** Whether a value can have named parts, as options and addresses do. */
export function isObject(value: unknown): value is NamedOptions {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Checks what is to handle a server's requests.
 *
 * @throws {TypeError} If it cannot.
 */
export function checkHandlerClass(value: unknown): void {
  if (isHandlerClass(value)) return;
  const rule = "RequestHandlerClass must be a handler class or a function";
  throw new TypeError(brokenRule(CREATE, rule, value));
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
    throw new TypeError(brokenRule(CREATE, rule, transport));
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
  throw new TypeError(brokenRule(CREATE, rule, value));
}

/**
 * Checks options as a whole. `null` stands for none.
 *
 * @throws {TypeError} If they are not an object.
 */
export function checkOptions(options: unknown, action = CREATE): void {
  if (options === undefined || options === null || isObject(options)) return;
  throw new TypeError(brokenRule(action, "options must be an object", options));
}

/**
 * Checks options that say how many.
 *
 * @throws {TypeError} If one is not a number.
 * @throws {RangeError} If one is not whole, or out of range.
 */
export function checkCounts(
  counts: NamedOptions,
  { least, most }: CountRange,
  action = CREATE,
): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value === undefined) continue;
    const count = checkedNumber(name, value, "a number", action);
    const whole = Number.isInteger(count) || count === Infinity;
    if (whole && count >= least && count <= most) continue;
    const range = most === Infinity
      ? `of at least ${least}, or Infinity`
      : `between ${least} and ${most}`;
    const rule = `${name} must be an integer ${range}`;
    throw new RangeError(brokenRule(action, rule, value));
  }
}

/**
 * Checks options that are durations in seconds. `null` stands for ever, and
 * what is negative for no time at all, as in Python.
 *
 * @throws {TypeError} If one is neither a number nor `null`.
 * @throws {RangeError} If one is `NaN`.
 */
export function checkDurations(
  durations: NamedOptions,
  action = CREATE,
): void {
  const kind = "a number of seconds or null";
  for (const [name, value] of Object.entries(durations)) {
    if (value === undefined || value === null) continue;
    if (!Number.isNaN(checkedNumber(name, value, kind, action))) continue;
    throw new RangeError(brokenRule(action, `${name} must be ${kind}`, value));
  }
}

/**
 * Checks options that are durations in seconds of more than no time at all.
 *
 * @throws {TypeError} If one is neither a number nor `null`.
 * @throws {RangeError} If one is `NaN`, zero or negative.
 */
export function checkLifetimes(lifetimes: NamedOptions): void {
  const kind = "a number of seconds above 0, or null";
  for (const [name, value] of Object.entries(lifetimes)) {
    if (value === undefined || value === null) continue;
    if (checkedNumber(name, value, kind, CREATE) > 0) continue;
    throw new RangeError(brokenRule(CREATE, `${name} must be ${kind}`, value));
  }
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
 * Checks options that are on or off.
 *
 * @throws {TypeError} If one is not a boolean.
 */
export function checkSwitches(switches: NamedOptions, action = CREATE): void {
  for (const [name, value] of Object.entries(switches)) {
    if (value === undefined || typeof value === "boolean") continue;
    const rule = `${name} must be a boolean`;
    throw new TypeError(brokenRule(action, rule, value));
  }
}

/**
 * Checks options that are texts.
 *
 * @throws {TypeError} If one is not a string, or empty.
 */
export function checkTexts(texts: NamedOptions, action = CREATE): void {
  for (const [name, value] of Object.entries(texts)) {
    if (value === undefined) continue;
    if (typeof value === "string" && value !== "") continue;
    const rule = `${name} must be a string that is not empty`;
    throw new TypeError(brokenRule(action, rule, value));
  }
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
    throw new TypeError(brokenRule(CREATE, rule, data), { cause });
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

function checkedNumber(
  name: string,
  value: unknown,
  kind: string,
  action: string,
): number {
  if (typeof value === "number") return value;
  throw new TypeError(brokenRule(action, `${name} must be ${kind}`, value));
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
