import { findLine, lastLine } from "./delimiter_search.ts";
import type { InputSource } from "./input_source.ts";
import type { ReadLimits } from "./read_options.ts";

/** Gives a line, or `null` for the end, the form that is wanted. */
type ToResult<T> = (line: string | null) => T;

/** The stream that an input is the source of. */
export type InputStream = ReadableStream<Uint8Array<ArrayBuffer>>;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Reads a line, as UTF-8 text.
 *
 * One that is there already takes no async function, and neither does one that
 * comes in one piece. That would take a tenth of the time, and 0.5 KB for each
 * client that is waited for.
 *
 * @throws {LineTooLongError} If the line is longer than `maxLength`.
 * @throws {unknown} The signal's reason, if that is aborted.
 */
export function readLineFrom<T>(
  stream: InputStream,
  source: InputSource,
  maxLength: number,
  toResult: ToResult<T>,
  limits: ReadLimits,
): Promise<T> {
  const { signal, timeout } = limits;
  try {
    source.enter(stream, signal, timeout);
  } catch (error) {
    return Promise.reject(error);
  }
  if (source.hasPulled) {
    const ready = source.takeBack(stream, signal);
    return lineInPieces(source, maxLength, toResult, signal, ready);
  }
  try {
    const line = findLine(source.input, maxLength, 0);
    if (line === null) {
      return lineThatComes(source, maxLength, toResult, signal);
    }
    source.leave(signal);
    return Promise.resolve(toResult(decoder.decode(line)));
  } catch (error) {
    source.leave(signal);
    return Promise.reject(error);
  }
}

/** Waits for the line, or for the first piece of it. */
function lineThatComes<T>(
  source: InputSource,
  maxLength: number,
  toResult: ToResult<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  return source.fill(1).then(
    (more) => lineThatCame(more, source, maxLength, toResult, signal),
    (error) => {
      source.leave(signal);
      throw error;
    },
  );
}

/** Takes the line, if all of it has come. */
function lineThatCame<T>(
  more: boolean,
  source: InputSource,
  maxLength: number,
  toResult: ToResult<T>,
  signal: AbortSignal | undefined,
): T | Promise<T> {
  try {
    signal?.throwIfAborted();
    const line = more ? findLine(source.input, maxLength, 0) : null;
    if (line === null && (more || source.input.length > 0)) {
      return lineInPieces(source, maxLength, toResult, signal);
    }
    source.leave(signal);
    return toResult(line === null ? null : decoder.decode(line));
  } catch (error) {
    source.leave(signal);
    throw error;
  }
}

/** Waits for the rest of a line, or for the end. */
async function lineInPieces<T>(
  source: InputSource,
  maxLength: number,
  toResult: ToResult<T>,
  signal: AbortSignal | undefined,
  ready?: Promise<void>,
): Promise<T> {
  const { input } = source;
  try {
    if (ready !== undefined) await ready;
    for (let searched = 0;;) {
      signal?.throwIfAborted();
      const line = findLine(input, maxLength, searched);
      if (line !== null) return toResult(decoder.decode(line));
      searched = input.length;
      if (await source.fill(1)) continue;
      signal?.throwIfAborted();
      if (input.length === 0) return toResult(null);
      return toResult(decoder.decode(lastLine(input, maxLength)));
    }
  } finally {
    source.leave(signal);
  }
}
