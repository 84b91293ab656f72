import type { ByteSink } from "../types.ts";
import {
  checkedStreamOptions,
  checkMethods,
  dataBytes,
  wrongTakenCount,
} from "./argument_checks.ts";
import { noteOrigin } from "./error_origin.ts";
import { limitWrites } from "./limit_writes.ts";
import { type StreamOnDemand, streamOnDemand } from "./stream_on_demand.ts";
import { encoded, reuse } from "./text_buffers.ts";
import { withDeadline } from "./time_limit.ts";

/** Options for {@linkcode ResponseWriter}. */
export interface ResponseWriterOptions {
  /**
   * How many bytes to collect before they are sent, in bytes.
   *
   * `0` sends each write at once; `-1` stands for 8192, Python's default. At
   * most 1 GiB.
   *
   * @default {0}
   */
  bufferSize?: number;
  /**
   * The longest wait for the client to take bytes, in seconds; `null` and
   * `Infinity` for ever.
   *
   * @default {null}
   */
  timeout?: number | null;
}

const DEFAULT_BUFFER_SIZE = 8192;

/**
 * A `WritableStream`; see {@linkcode ResponseWriter}.
 *
 * @ignore
 */
const WritableOnDemand: StreamOnDemand<
  WritableStream<Uint8Array>,
  UnderlyingSink<Uint8Array>
> = streamOnDemand(() => WritableStream<Uint8Array>);
// Of the type alone, as JSR wants the base of a published class to have a name.
export type { WritableOnDemand };

/**
 * The way to the client: Python's `wfile`, and a `WritableStream` as well.
 *
 * {@linkcode ResponseWriter.write} sends all of its bytes or rejects, and any
 * number of writes may be under way: they go out in the order of the calls.
 * Closing the stream, as `pipeTo()` does at the end, tells the client that no
 * more will come; what the client sends can still be read.
 *
 * @example Usage
 * ```ts
 * import { ResponseWriter } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * const sent: number[] = [];
 * const wfile = new ResponseWriter({
 *   write: (data) => Promise.resolve(sent.push(...data) && data.length),
 *   closeWrite: () => Promise.resolve(),
 * });
 * assertEquals(await wfile.write("hi"), 2);
 * assertEquals(sent, [104, 105]);
 * ```
 */
export class ResponseWriter extends WritableOnDemand {
  readonly #sink: ByteSink;
  readonly #bufferSize: number;
  readonly #timeout: number | null;

  /** What has been written and not been sent, if the writer collects. */
  #buffer: Uint8Array<ArrayBuffer> | null = null;
  #buffered = 0;

  /** The last write under way: the next one is sent after it. */
  #sending: Promise<number> | null = null;
  #underway = 0;
  /** Why nothing more can be sent. */
  #failure: Error | null = null;
  /** Whether that is only because the writer was closed. */
  #closed = false;

  /**
   * Creates an instance.
   *
   * @param sink Where the bytes go.
   * @param options The buffer's size and the timeout.
   * @throws {TypeError} If `sink` has no `write()` or no `closeWrite()`, or an
   * option is of a wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(sink: ByteSink, options?: ResponseWriterOptions) {
    const { bufferSize, timeout } = checkedStreamOptions("wfile", options, 0);
    checkMethods("wfile", "sink", sink, ["write", "closeWrite"]);
    super(() => ({
      write: async (chunk) => {
        await this.write(chunk);
      },
      close: () => this.#close(),
      abort: () => this.#abort(),
    }));
    this.#sink = sink;
    this.#bufferSize = bufferSize === -1 ? DEFAULT_BUFFER_SIZE : bufferSize;
    this.#timeout = timeout;
    if (timeout !== null) limitWrites(sink, timeout);
  }

  /**
   * Sends bytes to the client, or collects them if the writer has a buffer.
   *
   * @param data The bytes, or text to be sent as UTF-8. They must not be
   * changed before the promise is settled.
   * @returns The number of bytes, when all of them have been sent or collected.
   * @throws {TypeError} If `data` is neither, or if the writer is closed.
   * @throws {Deno.errors.TimedOut} If the client does not take them within the
   * timeout. How many it took is unknown, so every later write rejects too.
   */
  write(data: string | ArrayBufferView | ArrayBuffer): Promise<number> {
    const isText = typeof data === "string";
    let bytes: Uint8Array;
    try {
      bytes = isText ? encoded(data) : dataBytes(data);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#failure !== null) return optional(Promise.reject(this.#failure));
    return this.#bufferSize === 0
      ? this.#send(bytes, isText)
      : optional(this.#collect(bytes));
  }

  /** @ignore Whether anything more may be written. */
  get isOpen(): boolean {
    return this.#failure === null;
  }

  /**
   * Sends what has been collected, and waits for every write under way.
   *
   * @returns A promise for the moment when everything written has been sent.
   */
  flush(): Promise<void> {
    // Most handlers have nothing to be sent any more, and no need of two promises.
    const isIdle = this.#buffered === 0 && this.#underway === 0;
    if (isIdle && this.#failure === null) return Promise.resolve();
    return optional(this.#flush());
  }

  async #flush(): Promise<void> {
    if (this.#buffered > 0 && this.#failure === null) {
      const collected = this.#buffer!.slice(0, this.#buffered);
      this.#buffered = 0;
      await this.#send(collected);
    } else {
      await this.#sending;
    }
    if (this.#failure !== null && !this.#closed) throw this.#failure;
  }

  async #collect(bytes: Uint8Array): Promise<number> {
    if (this.#buffered + bytes.length > this.#bufferSize) {
      const flushed = this.flush();
      if (bytes.length >= this.#bufferSize) {
        const sent = this.#send(bytes);
        await flushed;
        return await sent;
      }
      this.#store(bytes);
      await flushed;
    } else {
      this.#store(bytes);
    }
    return bytes.length;
  }

  #store(bytes: Uint8Array): void {
    this.#buffer ??= new Uint8Array(this.#bufferSize);
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
  }

  /** @param isOwn Whether nobody else has a use for the bytes. */
  #send(bytes: Uint8Array, isOwn = false): Promise<number> {
    this.#underway++;
    this.#sending = this.#sendAll(bytes, this.#sending, isOwn);
    // If it has failed at once, it could not do this itself.
    return this.#failure === null ? this.#sending : optional(this.#sending);
  }

  async #sendAll(
    bytes: Uint8Array,
    before: Promise<number> | null,
    isOwn: boolean,
  ): Promise<number> {
    try {
      if (before !== null) await before;
      for (let sent = 0; sent < bytes.length;) {
        const rest = sent === 0 ? bytes : bytes.subarray(sent);
        const writing = this.#sink.write(rest);
        const count = await (this.#timeout === null
          ? writing
          : withDeadline(writing, this.#timeout, "write", this.#sink));
        if (!(count > 0)) {
          throw wrongTakenCount(count);
        }
        sent += count;
      }
      if (isOwn) reuse(bytes);
      return bytes.length;
    } catch (error) {
      noteOrigin(error, this.#sink);
      this.#failure ??= error as Error;
      // This write's own promise; if others follow, they wait for it, and the
      // last one's is what nobody may be waiting for.
      if (this.#sending !== null) optional(this.#sending);
      throw error;
    } finally {
      if (--this.#underway === 0) this.#sending = null;
    }
  }

  #abort(): void {
    this.#buffered = 0;
    this.#closed ||= this.#failure === null;
    this.#failure ??= closedError();
  }

  async #close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    this.#failure ??= closedError();
    try {
      await this.#sink.closeWrite();
    } catch {
      // A client that has gone already needs no goodbye.
    }
  }
}

/**
 * Lets a promise be ignored: a write that nobody waits for must not end the
 * program when the client has gone. `finish()` learns of it all the same.
 */
function optional<T>(operation: Promise<T>): Promise<T> {
  operation.catch(() => {});
  return operation;
}

function closedError(): TypeError {
  return new TypeError("Cannot write as wfile is closed");
}
