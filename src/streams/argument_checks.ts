import { brokenRule } from "../broken_rule.ts";
import { inspected } from "../inspected.ts";

/** The largest buffer that may be asked for: 1 GiB. */
const LARGEST_BUFFER = 2 ** 30;
const encoder = new TextEncoder();

/** What both streams of a handler are given. */
interface StreamOptions {
  /** The size of the buffer, in bytes. */
  bufferSize?: number;
  /** The longest wait for the client, in seconds; `null` for ever. */
  timeout?: number | null;
}

/**
 * Checks a stream's options. `null` stands for none, as `undefined` does.
 *
 * @throws {TypeError} If one is of a wrong type.
 * @throws {RangeError} If one is out of range.
 */
export function checkedStreamOptions(
  name: string,
  options: StreamOptions | null | undefined,
  defaultSize: number,
): { readonly bufferSize: number; readonly timeout: number | null } {
  const given = options ?? {};
  if (typeof given !== "object") {
    throw new TypeError(
      brokenRule(`create ${name}`, "its options must be an object", given),
    );
  }
  const { bufferSize = defaultSize, timeout = null } = given;
  return {
    bufferSize: checkedBufferSize(name, bufferSize),
    timeout: checkedTimeout(name, timeout),
  };
}

/**
 * Checks that an object has the methods that it will be called by.
 *
 * @param orElse What else it could have been, for the error.
 * @throws {TypeError} If it lacks one.
 */
export function checkMethods(
  name: string,
  role: string,
  value: unknown,
  methods: readonly string[],
  orElse: string,
): void {
  if (hasMethods(value, methods)) return;
  throw new TypeError(
    `Cannot create ${name} as its ${role} must have ${
      methods.map((method) => `${method}()`).join(" and ")
    }, or be ${orElse}: current value is ${inspected(value)}`,
  );
}

/** No every(): a function for each connection is 0.1 KB more to be collected. */
function hasMethods(value: unknown, methods: readonly string[]): boolean {
  const object = Object(value);
  if (object !== value) return false;
  for (let i = 0; i < methods.length; i++) {
    if (typeof object[methods[i]!] !== "function") return false;
  }
  return true;
}

function checkedBufferSize(name: string, value: number): number {
  if (Number.isInteger(value) && value >= -1 && value <= LARGEST_BUFFER) {
    return value;
  }
  throw wrongNumber(
    value,
    `Cannot create ${name} as its buffer size must be an integer from -1 to ${LARGEST_BUFFER}`,
  );
}

/**
 * Checks a time limit, in seconds. Gives `null` for ever.
 *
 * @param option What the limit is called.
 * @throws {TypeError} If it is of a wrong type.
 * @throws {RangeError} If it is out of range.
 */
export function checkedTimeout(
  name: string,
  value: number | null,
  option = "timeout",
): number | null {
  return checkedSeconds(value, `Cannot create ${name} as its ${option}`);
}

/** Checks the time limit of one call in the same way. */
export function checkedReadTimeout(value: number | null): number | null {
  return checkedSeconds(value, "Cannot read as 'timeout'");
}

function checkedSeconds(value: number | null, what: string): number | null {
  if (value === null || value === Infinity) return null;
  if (typeof value === "number" && value >= 0) return value;
  throw wrongNumber(
    value,
    `${what} must be a non-negative number of seconds or null`,
  );
}

/**
 * Checks how many bytes are to be read, or may be.
 *
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it is no whole number, or is negative.
 */
export function checkByteCount(value: number): void {
  if (Number.isSafeInteger(value) && value >= 0) return;
  throw wrongNumber(
    value,
    "Cannot read as the number of bytes must be a non-negative integer",
  );
}

/**
 * Checks how long a line may be, in bytes; `Infinity` for any length.
 *
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it is neither a whole number nor `Infinity`, or is
 * negative.
 */
export function checkMaxLineLength(value: number): void {
  if (value === Infinity || (Number.isSafeInteger(value) && value >= 0)) return;
  throw wrongNumber(
    value,
    "Cannot set maxLineLength as it must be a non-negative integer or Infinity",
  );
}

/**
 * Makes bytes of a delimiter: a copy, which its owner cannot change.
 *
 * @throws {TypeError} If it is neither bytes nor text.
 * @throws {RangeError} If it is empty.
 */
export function delimiterBytes(delimiter: Uint8Array | string): Uint8Array {
  if (typeof delimiter !== "string" && !(delimiter instanceof Uint8Array)) {
    throw new TypeError(
      brokenRule(
        "read",
        "'delimiter' must be a Uint8Array or a string",
        delimiter,
      ),
    );
  }
  if (delimiter.length === 0) {
    throw new RangeError("Cannot read as 'delimiter' must not be empty");
  }
  return typeof delimiter === "string"
    ? encoder.encode(delimiter)
    : delimiter.slice();
}

/**
 * Finds the bytes of what is to be written and is no text: not a copy.
 *
 * @throws {TypeError} If it has none.
 */
export function dataBytes(data: ArrayBufferView | ArrayBuffer): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new TypeError(
    brokenRule("write", "data must be bytes or a string", data),
  );
}

/** Makes the error for a source that has read no sensible number of bytes. */
export function wrongReadCount(count: unknown): TypeError {
  return new TypeError(
    brokenRule(
      "read",
      "read() must give the number of bytes read, or null",
      count,
    ),
  );
}

/**
 * Makes the error for a sink that has taken no sensible number of bytes. One
 * that takes none would be given the same bytes for ever.
 */
export function wrongTakenCount(count: unknown): TypeError {
  return new TypeError(
    brokenRule("write", "write() must give the number of bytes taken", count),
  );
}

function wrongNumber(value: unknown, rule: string): TypeError | RangeError {
  const ErrorClass = typeof value === "number" ? RangeError : TypeError;
  return new ErrorClass(`${rule}: current value is ${inspected(value)}`);
}
