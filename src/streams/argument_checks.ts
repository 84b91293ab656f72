/** The largest buffer that may be asked for: 1 GiB. */
const LARGEST_BUFFER = 2 ** 30;
const encoder = new TextEncoder();

/** How much of a wrong value a message shows, in characters. */
const SHOWN = 200;

/**
 * Checks an object of options. `null` stands for no options, as `undefined` does.
 *
 * @throws {TypeError} If it is none.
 */
export function checkedOptions<Options extends object>(
  name: string,
  options: Options | null | undefined,
): Partial<Options> {
  if (options === undefined || options === null) return {};
  if (typeof options === "object") return options;
  throw new TypeError(
    `Cannot create ${name} as its options must be an object: current value is ${
      shown(options)
    }`,
  );
}

/**
 * Checks that an object has the methods that it will be called by.
 *
 * @throws {TypeError} If it lacks one.
 */
export function checkMethods(
  name: string,
  role: string,
  value: unknown,
  methods: readonly string[],
): void {
  const object = Object(value);
  if (object === value) {
    if (methods.every((method) => typeof object[method] === "function")) return;
  }
  throw new TypeError(
    `Cannot create ${name} as its ${role} must have ${
      methods.map((method) => `${method}()`).join(" and ")
    }: current value is ${shown(value)}`,
  );
}

/**
 * Checks the size of a buffer, in bytes.
 *
 * @throws {TypeError} If it is no number.
 * @throws {RangeError} If it is out of range.
 */
export function checkedBufferSize(name: string, value: number): number {
  if (Number.isInteger(value) && value >= -1 && value <= LARGEST_BUFFER) {
    return value;
  }
  throw wrongNumber(
    value,
    `Cannot create ${name} as its buffer size must be an integer from -1 to ${LARGEST_BUFFER}`,
  );
}

/**
 * Checks a timeout in seconds.
 *
 * @returns The timeout; `null` for ever.
 * @throws {TypeError} If it is neither a number nor `null`.
 * @throws {RangeError} If it is negative or `NaN`.
 */
export function checkedTimeout(
  name: string,
  value: number | null | undefined,
): number | null {
  if (value === undefined || value === null || value === Infinity) return null;
  if (typeof value === "number" && value >= 0) return value;
  throw wrongNumber(
    value,
    `Cannot create ${name} as its timeout must be a non-negative number of seconds or null`,
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
      `Cannot read as 'delimiter' must be a Uint8Array or a string: current value is ${
        shown(delimiter)
      }`,
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
 * Shows a value that somebody else has made: it may be of any size, and fail
 * when it is looked at.
 */
export function shown(value: unknown): string {
  let text;
  try {
    text = Deno.inspect(value, { depth: 1 });
  } catch {
    text = `one that cannot be shown, of type ${typeof value}`;
  }
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}

function wrongNumber(value: unknown, rule: string): TypeError | RangeError {
  const ErrorClass = typeof value === "number" ? RangeError : TypeError;
  return new ErrorClass(`${rule}: current value is ${shown(value)}`);
}
