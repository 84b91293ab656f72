import { LineTooLongError } from "../errors.ts";
import { indexOfBytes } from "./delimiter_skip.ts";
import type { InputBuffer } from "./input_buffer.ts";

const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const LINE_END = Uint8Array.of(LINE_FEED);

/**
 * Looks for the end of a line.
 *
 * @param input The bytes that have come.
 * @param maxLength How long the line may be, without its end.
 * @param searched How many of the bytes have been searched before.
 * @returns Where its `\n` is, or -1.
 * @throws {LineTooLongError} If the line is longer; it is skipped.
 */
export function findLineFeed(
  input: InputBuffer,
  maxLength: number,
  searched: number,
): number {
  const bytes = input.peek();
  const at = bytes.indexOf(LINE_FEED, searched);
  const before = at === -1 ? bytes.length : at;
  // One byte more than is allowed, as it may be the "\r" of a "\r\n".
  if (before > maxLength + 1) throw lineTooLong(input, maxLength);
  return at;
}

/**
 * Looks for a delimiter.
 *
 * @param input The bytes that have come.
 * @param delimiter One or more bytes, which nobody changes.
 * @param maxLength How many bytes may come before the delimiter.
 * @param searched How many of the bytes have been searched before.
 * @returns Where it begins, or -1.
 * @throws {LineTooLongError} If more bytes come before it; they are skipped.
 */
export function findDelimiter(
  input: InputBuffer,
  delimiter: Uint8Array,
  maxLength: number,
  searched: number,
): number {
  const bytes = input.peek();
  // The last bytes that were searched may be the first of the delimiter.
  const overlap = delimiter.length - 1;
  const at = indexOfBytes(bytes, delimiter, Math.max(0, searched - overlap));
  const before = at === -1 ? bytes.length - overlap : at;
  if (before > maxLength) throw lineTooLong(input, maxLength, delimiter);
  return at;
}

/**
 * Looks at the line that the input begins with.
 *
 * @param end Where its `\n` is, or -1 if it is the last line and has none.
 * @returns The line without its `\n` or `\r\n`, not copied.
 * @throws {LineTooLongError} If the line is longer; it is skipped.
 */
export function lineIn(
  input: InputBuffer,
  end: number,
  maxLength: number,
): Uint8Array {
  const bytes = input.peek();
  const line = end === -1 ? bytes : withoutReturn(bytes.subarray(0, end));
  if (line.length > maxLength) throw lineTooLong(input, maxLength);
  return line;
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

/**
 * Skips a line that is too long, so that the next call goes on after it: one
 * that found it again would fail for ever.
 *
 * @returns The error to throw.
 */
function lineTooLong(
  input: InputBuffer,
  maxLength: number,
  delimiter: Uint8Array = LINE_END,
): LineTooLongError {
  const received = input.length;
  input.skipPast(delimiter);
  return input.trace(
    new LineTooLongError(
      `Cannot read a line as it must not be longer than ${maxLength} bytes: ${received} have come`,
    ),
  );
}
