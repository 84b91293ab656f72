import type { ByteSink } from "../types.ts";
import {
  checkedStreamOptions,
  checkMethods,
  dataBytes,
} from "./argument_checks.ts";
import { limitWrites } from "./limit_writes.ts";
import { optional, OutputQueue } from "./output_queue.ts";
import { type StreamOnDemand, streamOnDemand } from "./stream_on_demand.ts";
import { isWritable, StreamSink } from "./stream_sink.ts";
import { encoded, reuse } from "./text_buffers.ts";

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
   * The longest that the client may take for one write, in seconds; `null` and
   * `Infinity` for ever.
   *
   * It holds for the whole of a write, from the moment when those before it have
   * been sent: a large one needs a fitting limit.
   *
   * @default {null}
   */
  timeout?: number | null;
}

const DEFAULT_BUFFER_SIZE = 8192;
const SINK_METHODS = ["write", "closeWrite"];

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
 * The way to the client: Python's `wfile`, and a `WritableStream` as well. One can
 * be made of any connection, and of any web stream.
 *
 * {@linkcode ResponseWriter.write} sends all of its bytes or rejects, and any
 * number of writes may be under way: they go out in the order of the calls.
 * Closing the stream, as `pipeTo()` does at the end, tells the client that no
 * more will come; what the client sends can still be read. (What `Deno.Conn` has
 * as `writable` closes the whole connection. So a proxy writes to its other end by
 * a `ResponseWriter`, too: {@linkcode RequestReader.pipeTo} has an example.)
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
 *
 * @example The other end of a gateway
 * ```ts
 * import {
 *   AsyncTCPServer,
 *   RequestReader,
 *   ResponseWriter,
 *   StreamRequestHandler,
 * } from "@socketserver/socketserver";
 * import { exchange } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const any = { hostname: "127.0.0.1", port: 0 };
 * await using upstream = new AsyncTCPServer(any, async (request) => {
 *   const line = await new RequestReader(request).readLine({ required: true });
 *   await new ResponseWriter(request).write(`${line.toUpperCase()}\n`);
 * });
 * upstream.serveForever();
 *
 * class GatewayHandler extends StreamRequestHandler {
 *   override async handle() {
 *     const question = await this.rfile.readLine();
 *     const { port } = upstream.serverAddress;
 *     using connection = await Deno.connect({ hostname: "127.0.0.1", port });
 *     const limits = { timeout: 10 };
 *     await new ResponseWriter(connection, limits).write(`${question}\n`);
 *     const answer = await new RequestReader(connection, limits).readLine();
 *     await this.wfile.write(`${answer}\n`);
 *   }
 * }
 *
 * assertEquals(await exchange(GatewayHandler, "hello\n"), "HELLO\n");
 * ```
 *
 * @example A broadcast that drops a slow reader
 * ```ts
 * import { StreamRequestHandler, TCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * const MOST_PENDING = 1 << 20;
 * const readers = new Set<NewsHandler>();
 *
 * function broadcast(news: string): void {
 *   for (const reader of readers) {
 *     reader.wfile.write(news); // not waited for: others read faster
 *     if (reader.wfile.pending > MOST_PENDING) {
 *       readers.delete(reader);
 *       reader.server.closeRequest(reader.request);
 *     }
 *   }
 * }
 *
 * class NewsHandler extends StreamRequestHandler<NewsServer> {
 *   override async handle() {
 *     readers.add(this);
 *     for await (const line of this.rfile.lines()) broadcast(line.repeat(1000));
 *   }
 * }
 *
 * class NewsServer extends TCPServer {
 *   readonly errors: unknown[] = [];
 *   override handleError(error: unknown) {
 *     this.errors.push(error);
 *   }
 * }
 *
 * await using server = new NewsServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   NewsHandler,
 * );
 * const { port } = server.serverAddress;
 * using lazy = await Deno.connect({ hostname: "127.0.0.1", port });
 * const line = new TextEncoder().encode("news".repeat(8000) + "\n");
 * const sending = (async () => {
 *   while (server.errors.length === 0) await lazy.write(line);
 * })().catch(() => {}); // the connection is reset
 * await server.handleRequest();
 * await sending;
 * assertEquals(server.errors.length, 1);
 * ```
 */
export class ResponseWriter extends WritableOnDemand {
  readonly #sink: ByteSink;
  readonly #bufferSize: number;
  readonly #queue: OutputQueue;

  /** What has been written and not been sent, if the writer collects. */
  #buffer: Uint8Array<ArrayBuffer> | null = null;
  #buffered = 0;

  /** Whether nothing more can be sent only because the writer was closed. */
  #closed = false;

  /**
   * Creates an instance.
   *
   * @param sink Where the bytes go: a connection, or a web stream, which is locked
   * from then on, and is closed or aborted when the writer is.
   * @param options The buffer's size and the timeout.
   * @throws {TypeError} If `sink` is neither, or is a locked stream, or an option
   * is of a wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(
    sink: ByteSink | WritableStream<Uint8Array>,
    options?: ResponseWriterOptions,
  ) {
    const { bufferSize, timeout } = checkedStreamOptions("wfile", options, 0);
    const to = isWritable(sink) ? new StreamSink(sink) : sink;
    checkMethods("wfile", "sink", to, SINK_METHODS, "a WritableStream");
    super(() => ({
      write: async (chunk) => {
        await this.write(chunk);
      },
      close: () => this.#close(),
      abort: (reason) => this.#abort(reason),
    }));
    this.#sink = to;
    this.#bufferSize = bufferSize === -1 ? DEFAULT_BUFFER_SIZE : bufferSize;
    this.#queue = new OutputQueue(to, timeout);
    if (timeout !== null) limitWrites(to, timeout);
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
    const { failure } = this.#queue;
    if (failure !== null) return optional(Promise.reject(failure));
    return this.#bufferSize === 0
      ? this.#queue.send(bytes, isText)
      : optional(this.#collect(bytes, isText));
  }

  /** @ignore Whether anything more may be written. */
  get isOpen(): boolean {
    return this.#queue.failure === null;
  }

  /**
   * How many bytes have been written that the system has not taken yet: those of
   * the writes under way, and what has been collected. It is 0 when nothing more
   * can be sent.
   *
   * The system takes what fits into its buffers; from there it goes to the client
   * as fast as that reads. So this grows only if the client is slow, or reads
   * nothing at all, and whoever writes without waiting should look at it.
   * {@linkcode ServerHooks.closeRequest | server.closeRequest(request)} drops such
   * a client, as the example shows: its handler's reads and writes reject then.
   *
   * On a thread or in a child process, what has been handed over to the server
   * counts as taken: up to 256 KiB.
   */
  get pending(): number {
    return this.isOpen ? this.#queue.pending + this.#buffered : 0;
  }

  /**
   * Sends what has been collected, and waits for every write under way.
   *
   * @returns A promise for the moment when everything written has been sent.
   */
  flush(): Promise<void> {
    // Most handlers have nothing to be sent any more, and no need of two promises.
    const isIdle = this.#buffered === 0 && this.#queue.last === null;
    if (isIdle && this.isOpen) return Promise.resolve();
    return optional(this.#flush());
  }

  /** @ignore Sends what has been collected; `null` if there is nothing. */
  flushCollected(): Promise<void> | null {
    return this.#buffered > 0 && this.isOpen ? this.flush() : null;
  }

  async #flush(): Promise<void> {
    if (this.#buffered > 0 && this.isOpen) {
      const collected = this.#buffer!.slice(0, this.#buffered);
      this.#buffered = 0;
      await this.#queue.send(collected, false);
    } else {
      await this.#queue.last;
    }
    if (!this.isOpen && !this.#closed) throw this.#queue.failure;
  }

  async #collect(bytes: Uint8Array, isText: boolean): Promise<number> {
    if (this.#buffered + bytes.length > this.#bufferSize) {
      const flushed = this.flush();
      if (bytes.length >= this.#bufferSize) {
        const sent = this.#queue.send(bytes, isText);
        await flushed;
        return await sent;
      }
      this.#store(bytes, isText);
      await flushed;
    } else {
      this.#store(bytes, isText);
    }
    return bytes.length;
  }

  #store(bytes: Uint8Array, isText: boolean): void {
    this.#buffer ??= new Uint8Array(this.#bufferSize);
    this.#buffer.set(bytes, this.#buffered);
    this.#buffered += bytes.length;
    if (isText) reuse(bytes);
  }

  async #abort(reason: unknown): Promise<void> {
    this.#buffered = 0;
    this.#closed ||= this.isOpen;
    this.#queue.end(closedError());
    if (this.#sink instanceof StreamSink) await this.#sink.abort(reason);
  }

  async #close(): Promise<void> {
    await this.flush();
    this.#closed = true;
    this.#queue.end(closedError());
    try {
      await this.#sink.closeWrite();
    } catch (error) {
      // A client that has gone already needs no goodbye.
      if (this.#sink instanceof StreamSink) throw error;
    }
  }
}

function closedError(): TypeError {
  return new TypeError("Cannot write as wfile is closed");
}
