import { findLine, lastLine } from "./delimiter_search.ts";
import type { InputSource } from "./input_source.ts";

/** Gives a line, or `null` for the end, the form that is wanted. */
type ToResult<T> = (line: string | null) => T;

/** The stream that an input is the source of. */
type InputStream = ReadableStream<Uint8Array<ArrayBuffer>>;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a line, as UTF-8 text. One that is there already takes no async function,
 * which would cost a tenth of the time.
 *
 * @throws {LineTooLongError} If the line is longer than `maxLength`.
 */
export function readLineFrom<T>(
  stream: InputStream,
  source: InputSource,
  maxLength: number,
  toResult: ToResult<T>,
): Promise<T> {
  try {
    source.enter(stream);
  } catch (error) {
    return Promise.reject(error);
  }
  const { input } = source;
  try {
    const line = source.hasPulled ? null : findLine(input, maxLength, 0);
    if (line !== null) {
      source.leave();
      return Promise.resolve(toResult(decoder.decode(line)));
    }
  } catch (error) {
    source.leave();
    return Promise.reject(error);
  }
  return lineThatComes(stream, source, maxLength, toResult);
}

/** Waits for the end of a line. */
async function lineThatComes<T>(
  stream: InputStream,
  source: InputSource,
  maxLength: number,
  toResult: ToResult<T>,
): Promise<T> {
  const { input } = source;
  try {
    let searched = input.length;
    if (source.hasPulled) {
      await source.takeBack(stream);
      searched = 0;
    }
    for (;;) {
      const line = findLine(input, maxLength, searched);
      if (line !== null) return toResult(decoder.decode(line));
      searched = input.length;
      if (await input.fill(1)) continue;
      if (input.length === 0) return toResult(null);
      return toResult(decoder.decode(lastLine(input, maxLength)));
    }
  } finally {
    source.leave();
  }
}
