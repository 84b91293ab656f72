import { UnexpectedEof } from "../errors.ts";
import { checkByteCount, delimiterBytes } from "./argument_checks.ts";
import { findDelimiter } from "./delimiter_search.ts";
import type { InputBuffer } from "./input_buffer.ts";
import type { InputSource } from "./input_source.ts";
import type { InputStream } from "./line_reader.ts";
import {
  isRequired,
  limitsIn,
  type ReadOptions,
  type ReadWholeOptions,
} from "./read_options.ts";

type Options = ReadOptions | null | undefined;
type WholeOptions = ReadWholeOptions | null | undefined;
type Bytes = Uint8Array<ArrayBuffer>;

/** Reads what has come, or what comes next: `RequestReader.read()`. */
export async function readBytes(
  stream: InputStream,
  source: InputSource,
  max: number,
  options: Options,
): Promise<Bytes | null> {
  if (max !== Infinity) checkByteCount(max);
  const { signal, timeout } = limitsIn(options);
  signal?.throwIfAborted();
  if (max === 0) return new Uint8Array(0);
  const { input } = source;
  source.enter(stream, signal, timeout);
  try {
    if (source.hasPulled) await source.takeBack(stream, signal);
    signal?.throwIfAborted();
    while (input.length === 0) {
      const more = await source.fill(max);
      signal?.throwIfAborted();
      if (!more) return null;
    }
    return input.take(Math.min(max, input.length));
  } finally {
    source.leave(signal);
  }
}

/** Reads so many bytes: `RequestReader.readExactly()`. */
export async function readExactBytes(
  stream: InputStream,
  source: InputSource,
  count: number,
  options: WholeOptions,
): Promise<Bytes | null> {
  checkByteCount(count);
  const { signal, timeout } = limitsIn(options);
  const required = isRequired(options);
  const { input } = source;
  source.enter(stream, signal, timeout);
  try {
    if (source.hasPulled) await source.takeBack(stream, signal);
    signal?.throwIfAborted();
    for (;;) {
      const missing = count - input.length;
      if (missing <= 0) return input.take(count);
      const more = await source.fill(missing);
      signal?.throwIfAborted();
      if (more) continue;
      if (input.length === 0 && !required) return null;
      throw cutOff(input, `${count} bytes`);
    }
  } finally {
    source.leave(signal);
  }
}

/** Reads up to a delimiter: `RequestReader.readUntil()`. */
export async function readBytesUntil(
  stream: InputStream,
  source: InputSource,
  delimiter: Uint8Array | string,
  maxLength: number,
  options: WholeOptions,
): Promise<Bytes | null> {
  const wanted = delimiterBytes(delimiter);
  const { signal, timeout } = limitsIn(options);
  const required = isRequired(options);
  const { input } = source;
  source.enter(stream, signal, timeout);
  try {
    if (source.hasPulled) await source.takeBack(stream, signal);
    signal?.throwIfAborted();
    let at = findDelimiter(input, wanted, maxLength, 0);
    while (at === -1) {
      const searched = input.length;
      const more = await source.fill(1);
      signal?.throwIfAborted();
      if (!more) break;
      at = findDelimiter(input, wanted, maxLength, searched);
    }
    if (at !== -1) return input.take(at + wanted.length);
    if (input.length === 0 && !required) return null;
    throw cutOff(input, "up to the delimiter");
  } finally {
    source.leave(signal);
  }
}

/** Drops what has come: `RequestReader.discard()`. */
export async function discardBytes(
  stream: InputStream,
  source: InputSource,
): Promise<number> {
  const { input } = source;
  source.enter(stream);
  try {
    if (input.isAwaitingMore) {
      throw new Deno.errors.Busy(
        "Cannot discard what rfile holds as a read that was given up is still waiting",
      );
    }
    if (source.hasPulled) await source.takeBack(stream);
    const count = input.length;
    input.skip(count);
    return count;
  } finally {
    source.leave();
  }
}

/** Makes the error for an input that ends within, or before, what must be there. */
export function cutOff(input: InputBuffer, wanted: string): UnexpectedEof {
  const partial = input.take(input.length);
  return input.trace(
    new UnexpectedEof(
      `Cannot read ${wanted} as the input ended after ${partial.length} bytes`,
      partial,
    ),
  );
}
