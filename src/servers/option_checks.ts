import { isHandlerClass } from "../handlers/run_handler.ts";

/** Options that are numbers, or left out. */
export type NumericOptions = Readonly<Record<string, unknown>>;

/**
 * Checks what is to handle a server's requests.
 *
 * @throws {TypeError} If it cannot.
 */
export function checkHandlerClass(value: unknown): void {
  if (isHandlerClass(value)) return;
  throw new TypeError(
    `Cannot create the server as RequestHandlerClass must be a handler class or a function: current value is ${
      Deno.inspect(value)
    }`,
  );
}

/**
 * Checks options that say how many: each must be a whole number of at least
 * `least`. `Infinity` stands for no limit where the option is one.
 *
 * @throws {TypeError} If one is not a number.
 * @throws {RangeError} If one is out of range.
 */
export function checkCounts(
  counts: NumericOptions,
  { least, limit }: { least: number; limit: boolean },
): void {
  for (const [name, value] of Object.entries(counts)) {
    if (value === undefined) continue;
    const count = checkedNumber(name, value, "a number");
    const whole = Number.isInteger(count) || (limit && count === Infinity);
    if (whole && count >= least) continue;
    throw new RangeError(
      `Cannot create the server as ${name} must be an integer of at least ${least}${
        limit ? ", or Infinity" : ""
      }: current value is ${count}`,
    );
  }
}

/**
 * Checks options that are durations in seconds. `null` stands for ever, and
 * what is negative for no time at all, as in Python.
 *
 * @throws {TypeError} If one is neither a number nor `null`.
 * @throws {RangeError} If one is `NaN`.
 */
export function checkDurations(durations: NumericOptions): void {
  for (const [name, value] of Object.entries(durations)) {
    if (value === undefined || value === null) continue;
    const seconds = checkedNumber(name, value, "a number of seconds or null");
    if (!Number.isNaN(seconds)) continue;
    throw new RangeError(
      `Cannot create the server as ${name} must be a number of seconds or null: current value is NaN`,
    );
  }
}

function checkedNumber(name: string, value: unknown, kind: string): number {
  if (typeof value === "number") return value;
  throw new TypeError(
    `Cannot create the server as ${name} must be ${kind}: current value is ${
      Deno.inspect(value)
    }`,
  );
}
