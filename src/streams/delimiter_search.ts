import { LineTooLongError } from "../errors.ts";
import { indexOfBytes } from "./delimiter_skip.ts";
import type { InputBuffer } from "./input_buffer.ts";

const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
const LINE_END = Uint8Array.of(LINE_FEED);

/**
 * Takes the line that the input begins with, if all of it has come.
 *
 * @param input The bytes that have come.
 * @param maxLength How long the line may be, without its end.
 * @param searched How many of the bytes have been searched before.
 * @returns The line without its `\n` or `\r\n`, not copied; `null` if its end
 * has not come.
 * @throws {LineTooLongError} If the line is longer; it is skipped.
 */
export function findLine(
  input: InputBuffer,
  maxLength: number,
  searched: number,
): Uint8Array | null {
  const at = input.indexOf(LINE_FEED, searched);
  if (at === -1) {
    // One byte more than is allowed, as it may be the "\r" of a "\r\n".
    if (input.length <= maxLength + 1) return null;
    throw lineTooLong(input, maxLength);
  }
  const line = input.view(at);
  const isCrlf = line[at - 1] === CARRIAGE_RETURN;
  if (at - Number(isCrlf) > maxLength) throw lineTooLong(input, maxLength);
  input.skip(at + 1);
  return isCrlf ? line.subarray(0, at - 1) : line;
}

/**
 * Takes what is left when the input has ended, a line without an end.
 *
 * @throws {LineTooLongError} If the line is longer; it is skipped.
 */
export function lastLine(input: InputBuffer, maxLength: number): Uint8Array {
  const bytes = input.peek();
  if (bytes.length > maxLength) throw lineTooLong(input, maxLength);
  input.skip(bytes.length);
  return bytes;
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
  const partial = new Uint8Array(input.view(Math.min(received, maxLength)));
  input.skipPast(delimiter);
  return input.trace(
    new LineTooLongError(
      `Cannot read a line as it must not be longer than ${maxLength} bytes: ${received} have come`,
      partial,
    ),
  );
}
