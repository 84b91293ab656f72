import { brokenRule } from "./broken_rule.ts";

/** Options by their names. One that is `undefined` has been left out. */
export type NamedOptions = Readonly<Record<string, unknown>>;

/** Which whole numbers an option may be. */
export interface CountRange {
  readonly least: number;
  /** With `Infinity`, that is a value of the option too: no limit. */
  readonly most: number;
}

const CREATE = "create the server";

/** Makes the error of a server's option that has a wrong type. */
export function wrongOption(
  rule: string,
  value: unknown,
  options?: ErrorOptions,
): TypeError {
  return new TypeError(brokenRule(CREATE, rule, value), options);
}

/** Whether a value can have named parts, as options and addresses do. */
export function isObject(value: unknown): value is NamedOptions {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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
export function checkTimeLimits(limits: NamedOptions): void {
  const kind = "a number of seconds above 0, or null";
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined || value === null) continue;
    if (checkedNumber(name, value, kind, CREATE) > 0) continue;
    throw new RangeError(brokenRule(CREATE, `${name} must be ${kind}`, value));
  }
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

function checkedNumber(
  name: string,
  value: unknown,
  kind: string,
  action: string,
): number {
  if (typeof value === "number") return value;
  throw new TypeError(brokenRule(action, `${name} must be ${kind}`, value));
}
