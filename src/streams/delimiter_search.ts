import { LineTooLongError } from "../errors.ts";

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/**
 * Looks for the end of a line.
 *
 * @param input The bytes that have come.
 * @param maxLength How long the line may be, without its end.
 * @param searched How many of the bytes have been searched before.
 * @returns Where its `\n` is, or -1.
 * @throws {LineTooLongError} If the line is longer.
 */
export function findLineFeed(
  input: Uint8Array,
  maxLength: number,
  searched: number,
): number {
  const at = input.indexOf(LINE_FEED, searched);
  const before = at === -1 ? input.length : at;
  // One byte more than is allowed, as it may be the "\r" of a "\r\n".
  if (before > maxLength + 1) throw lineTooLong(maxLength, input.length);
  return at;
}

/**
 * Looks for a delimiter.
 *
 * @param input The bytes that have come.
 * @param delimiter One or more bytes.
 * @param maxLength How many bytes may come before the delimiter.
 * @param searched How many of the bytes have been searched before.
 * @returns Where it begins, or -1.
 * @throws {LineTooLongError} If more bytes come before it.
 */
export function findDelimiter(
  input: Uint8Array,
  delimiter: Uint8Array,
  maxLength: number,
  searched: number,
): number {
  // The last bytes that were searched may be the first of the delimiter.
  const overlap = delimiter.length - 1;
  const at = indexOfBytes(input, delimiter, Math.max(0, searched - overlap));
  const before = at === -1 ? input.length - overlap : at;
  if (before > maxLength) throw lineTooLong(maxLength, input.length);
  return at;
}

/** A line without the `\r` that belongs to its end. */
export function withoutReturn(
  line: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

/** Makes the error for a line that is too long. */
export function lineTooLong(
  maxLength: number,
  received: number,
): LineTooLongError {
  return new LineTooLongError(
    `Cannot read a line as it must not be longer than ${maxLength} bytes: ${received} have come`,
  );
}

function indexOfBytes(
  bytes: Uint8Array,
  wanted: Uint8Array,
  from: number,
): number {
  const first = wanted[0]!;
  for (let at = from;; at++) {
    at = bytes.indexOf(first, at);
    if (at === -1 || wanted.every((byte, i) => bytes[at + i] === byte)) {
      return at;
    }
  }
}
