import { UnexpectedEof } from "../errors.ts";
import type { ByteSource } from "../types.ts";
import {
  findDelimiter,
  findLineFeed,
  lineTooLong,
  withoutReturn,
} from "./delimiter_search.ts";
import { InputBuffer } from "./input_buffer.ts";
import { InputSource } from "./input_source.ts";
import { type StreamOnDemand, streamOnDemand } from "./stream_on_demand.ts";

/** Options for {@linkcode RequestReader}. */
export interface RequestReaderOptions {
  /**
   * The largest buffer to read into, in bytes.
   *
   * `-1` lets the reader choose, by what the client sends. `0` never reads
   * ahead: not one byte more than a call asks for leaves the connection, so a
   * line costs a read for each of its bytes.
   *
   * @default {-1}
   */
  bufferSize?: number;
  /**
   * The longest wait for the client's next bytes, in seconds; `null` for ever.
   *
   * @default {null}
   */
  timeout?: number | null;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * A `ReadableStream`; see {@linkcode RequestReader}.
 *
 * @ignore
 */
const ReadableOnDemand: StreamOnDemand<
  ReadableStream<Uint8Array<ArrayBuffer>>,
  UnderlyingSource<Uint8Array<ArrayBuffer>>
> = streamOnDemand(() => ReadableStream);
// Of the type alone, as JSR wants the base of a published class to have a name.
export type { ReadableOnDemand };

/**
 * The client's bytes: Python's `rfile`, and a `ReadableStream` as well.
 *
 * The methods read straight from the connection, through one buffer that
 * grows while the client fills it. The stream takes its bytes from the same
 * buffer, so the two ways can follow one another: what a method left over
 * comes first out of the stream. They cannot overlap: while the stream is
 * locked to a reader the methods throw a `TypeError`, and while one method
 * waits a second one throws `Deno.errors.Busy`.
 *
 * @example Usage
 * ```ts
 * import { RequestReader } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * const rfile = new RequestReader(new TextEncoder().encode("GET /\r\nbody"));
 * assertEquals(await rfile.readLine(), "GET /");
 * assertEquals(await new Response(rfile).text(), "body");
 * ```
 */
export class RequestReader extends ReadableOnDemand {
  /**
   * The longest line that {@linkcode RequestReader.readLine} returns, and the
   * most that {@linkcode RequestReader.readUntil} does, in bytes.
   *
   * @default {65536}
   */
  maxLineLength = 65_536;

  readonly #input: InputBuffer;
  readonly #source: InputSource;

  /**
   * Creates an instance.
   *
   * @param source Where the bytes come from, or the bytes themselves.
   * @param options The buffer's size and the timeout.
   */
  constructor(
    source: ByteSource | Uint8Array<ArrayBuffer>,
    options: RequestReaderOptions = {},
  ) {
    const input = new InputBuffer(
      source,
      options.bufferSize ?? -1,
      options.timeout ?? null,
    );
    const underlying = new InputSource(input);
    super(() => underlying);
    this.#input = input;
    this.#source = underlying;
  }

  /**
   * Reads what has come, and waits only if nothing has.
   *
   * @param max The most bytes to return.
   * @returns The bytes, or `null` at the end. They are the caller's own.
   * @throws {RangeError} If `max` is not a whole number of bytes.
   * @throws {Deno.errors.TimedOut} If nothing comes within the timeout; the
   * next call goes on where this one stopped.
   */
  async read(max = Infinity): Promise<Uint8Array<ArrayBuffer> | null> {
    if (max !== Infinity) checkByteCount(max);
    if (max === 0) return new Uint8Array(0);
    this.#enter();
    try {
      if (this.#source.hasPulled) await this.#source.takeBack(this);
      if (this.#input.length === 0 && !(await this.#input.fill(max))) {
        return null;
      }
      return this.#input.take(Math.min(max, this.#input.length));
    } finally {
      this.#source.leave();
    }
  }

  /**
   * Reads a given number of bytes.
   *
   * Memory follows the bytes that have come, not the number asked for: a
   * length that a client made up costs nothing.
   *
   * @param count How many bytes.
   * @returns The bytes.
   * @throws {RangeError} If `count` is not a whole number of bytes.
   * @throws {UnexpectedEof} If the input ends earlier.
   * @throws {Deno.errors.TimedOut} If the client pauses for longer than the
   * timeout; what came stays in the reader.
   */
  async readExactly(count: number): Promise<Uint8Array<ArrayBuffer>> {
    checkByteCount(count);
    this.#enter();
    try {
      if (this.#source.hasPulled) await this.#source.takeBack(this);
      for (;;) {
        const missing = count - this.#input.length;
        if (missing <= 0) return this.#input.take(count);
        if (await this.#input.fill(missing)) continue;
        const partial = this.#input.take(this.#input.length);
        throw this.#input.trace(
          new UnexpectedEof(
            `Cannot read ${count} bytes as the input ended after ${partial.length}`,
            partial,
          ),
        );
      }
    } finally {
      this.#source.leave();
    }
  }

  /**
   * Reads the next line, as UTF-8 text.
   *
   * @returns The line without its `\n` or `\r\n`, or `null` at the end. A last
   * line without such an end is returned too.
   * @throws {LineTooLongError} If the line is longer than `maxLineLength`;
   * what came of it stays in the reader.
   * @throws {Deno.errors.TimedOut} If the client pauses for longer than the
   * timeout; what came stays in the reader.
   */
  async readLine(): Promise<string | null> {
    this.#enter();
    try {
      if (this.#source.hasPulled) await this.#source.takeBack(this);
      let at = findLineFeed(this.#input.peek(), this.maxLineLength, 0);
      while (at === -1) {
        const searched = this.#input.length;
        if (!(await this.#input.fill(1))) break;
        at = findLineFeed(this.#input.peek(), this.maxLineLength, searched);
      }
      const input = this.#input.peek();
      if (at === -1 && input.length === 0) return null;
      const text = at === -1 ? input : withoutReturn(input.subarray(0, at));
      if (text.length > this.maxLineLength) {
        throw lineTooLong(this.maxLineLength, input.length);
      }
      this.#input.skip(at === -1 ? input.length : at + 1);
      return decoder.decode(text);
    } finally {
      this.#source.leave();
    }
  }

  /**
   * Reads up to a delimiter.
   *
   * @param delimiter One or more bytes, or their text.
   * @returns The bytes up to the delimiter, and the delimiter.
   * @throws {RangeError} If the delimiter is empty.
   * @throws {LineTooLongError} If more than `maxLineLength` bytes come before
   * the delimiter; they stay in the reader.
   * @throws {UnexpectedEof} If the input ends before the delimiter.
   * @throws {Deno.errors.TimedOut} If the client pauses for longer than the
   * timeout; what came stays in the reader.
   */
  async readUntil(
    delimiter: Uint8Array | string,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = typeof delimiter === "string"
      ? encoder.encode(delimiter)
      : delimiter;
    if (bytes.length === 0) {
      throw new RangeError("Cannot read as 'delimiter' must not be empty");
    }
    this.#enter();
    try {
      if (this.#source.hasPulled) await this.#source.takeBack(this);
      const limit = this.maxLineLength;
      let at = findDelimiter(this.#input.peek(), bytes, limit, 0);
      while (at === -1) {
        const searched = this.#input.length;
        if (!(await this.#input.fill(1))) break;
        at = findDelimiter(this.#input.peek(), bytes, limit, searched);
      }
      if (at !== -1) return this.#input.take(at + bytes.length);
      const partial = this.#input.take(this.#input.length);
      throw this.#input.trace(
        new UnexpectedEof(
          `Cannot read up to the delimiter as the input ended after ${partial.length} bytes`,
          partial,
        ),
      );
    } finally {
      this.#source.leave();
    }
  }

  /**
   * Iterates over the lines that are left, as {@linkcode RequestReader.readLine}
   * returns them.
   *
   * Leaving the loop early leaves the rest in the reader.
   *
   * @returns An iterator that ends with the input.
   */
  lines(): AsyncIterableIterator<string> {
    // Not a generator: those cost three turns of the event queue a line.
    const iterator: AsyncIterableIterator<string> = {
      next: () => this.readLine().then(toIteratorResult),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #enter(): void {
    if (this.locked) {
      throw new TypeError("Cannot read as rfile is locked to a stream reader");
    }
    this.#source.enter();
  }
}

function toIteratorResult(line: string | null): IteratorResult<string> {
  return line === null
    ? { done: true, value: undefined }
    : { done: false, value: line };
}

function checkByteCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 0) {
    throw new RangeError(
      `Cannot read as the number of bytes must be a non-negative integer: current value is ${count}`,
    );
  }
}
