import { inspected } from "../inspected.ts";

/** Makes the error of an option that breaks a rule. */
export function wrongOption(
  rule: string,
  value: unknown,
  ErrorClass: typeof TypeError | typeof RangeError = TypeError,
): Error {
  return new ErrorClass(
    `Cannot create the server as ${rule}: current value is ${inspected(value)}`,
  );
}

/**
 * Checks an option that says how long a client may take.
 *
 * @throws {TypeError} If it is neither a number nor `null`.
 * @throws {RangeError} If it is not above 0.
 */
export function checkLimit(name: string, value: unknown): void {
  if (value === null) return;
  const rule = `${name} must be a number of seconds above 0, or null`;
  if (typeof value !== "number") throw wrongOption(rule, value);
  if (!(value > 0)) throw wrongOption(rule, value, RangeError);
}
