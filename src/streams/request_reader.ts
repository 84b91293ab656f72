import type { ByteSource } from "../types.ts";
import {
  checkedStreamOptions,
  checkMaxLineLength,
  checkMethods,
} from "./argument_checks.ts";
import {
  cutOff,
  discardBytes,
  readBytes,
  readBytesUntil,
  readExactBytes,
} from "./bytes_reader.ts";
import { DirectPipe, takenOptions } from "./direct_pipe.ts";
import { InputBuffer } from "./input_buffer.ts";
import { InputSource } from "./input_source.ts";
import { LineIterator } from "./line_iterator.ts";
import { readLineFrom } from "./line_reader.ts";
import {
  isRequired,
  limitsIn,
  type ReadOptions,
  type ReadWholeOptions,
  type RequestReaderOptions,
} from "./read_options.ts";
import type { ResponseWriter } from "./response_writer.ts";
import { type StreamOnDemand, streamOnDemand } from "./stream_on_demand.ts";
import { isReadable, StreamSource } from "./stream_source.ts";

export type { ReadOptions, ReadWholeOptions, RequestReaderOptions };

const SOURCE_METHODS = ["read"];
const asItIs = (line: string | null) => line;

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
 * The client's bytes: Python's `rfile`, and a `ReadableStream` as well. One can be
 * made of any connection, and of any web stream.
 *
 * The methods read straight from the connection, through one buffer that
 * grows while the client fills it. The stream takes its bytes from the same
 * buffer, so the two ways can follow one another: what a method left over
 * comes first out of the stream. They cannot overlap: while the stream is
 * locked to a reader the methods throw a `TypeError`, and while one method
 * waits a second one throws `Deno.errors.Busy`.
 *
 * Each method takes a signal and a timeout. A call whose signal is aborted
 * rejects with the signal's reason, and loses nothing: the next call goes on
 * where it stopped. So it does after a timeout.
 *
 * After the end each call says `null`, at once for the first dozen times. Then it
 * takes a turn of the event loop: a handler that loops on it does not stop the
 * server, its timers and its limits.
 *
 * A TLS client that closes without saying so first, as Python's do and many
 * devices, ends the input as any other does. So an input that somebody else has
 * cut off looks like a whole one: a protocol for which that matters must say how
 * long its messages are (RFC 8446, 6.1).
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
 *
 * @example A line, or something else that happens first
 * ```ts
 * import { RequestReader } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * const client = Promise.withResolvers<void>();
 * const rfile = new RequestReader({
 *   async read(buffer) {
 *     await client.promise;
 *     return new TextEncoder().encodeInto("hello\n", buffer).written;
 *   },
 * });
 *
 * const event = new AbortController();
 * const line = rfile.readLine({ signal: event.signal });
 * event.abort("news");
 * assertEquals(await line.catch((reason) => reason), "news");
 *
 * client.resolve();
 * assertEquals(await rfile.readLine(), "hello");
 * ```
 */
export class RequestReader extends ReadableOnDemand {
  #maxLineLength = 65_536;
  readonly #source: InputSource;

  /**
   * Creates an instance.
   *
   * @param source Where the bytes come from: a connection, or a web stream, which
   * is locked from then on, and is cancelled when the reader is. Or the bytes
   * themselves, which must not be changed until they have been read.
   * @param options The buffer's size and the timeout.
   * @throws {TypeError} If `source` is none of these, or is a locked stream, or an
   * option is of a wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(
    source: ByteSource | ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer>,
    options?: RequestReaderOptions,
  ) {
    const { bufferSize, timeout } = checkedStreamOptions("rfile", options, -1);
    const from = isReadable(source) ? new StreamSource(source) : source;
    if (!(from instanceof Uint8Array)) {
      checkMethods("rfile", "source", from, SOURCE_METHODS, "a ReadableStream");
    }
    const input = new InputBuffer(from, bufferSize);
    const underlying = new InputSource(input, timeout, from);
    super(underlying);
    this.#source = underlying;
  }

  /**
   * The longest line that {@linkcode RequestReader.readLine} returns, and the
   * most that comes before the delimiter in what
   * {@linkcode RequestReader.readUntil} returns, in bytes; `Infinity` for any
   * length.
   *
   * @default {65536}
   */
  get maxLineLength(): number {
    return this.#maxLineLength;
  }
  set maxLineLength(value: number) {
    checkMaxLineLength(value);
    this.#maxLineLength = value;
  }

  /**
   * Reads what has come, and waits only if nothing has.
   *
   * @param max The most bytes to return.
   * @param options A signal to give up at, and a limit of the call's own.
   * @returns The bytes, or `null` at the end. They are the caller's own.
   * @throws {TypeError} If `max` is not a number, or an option is of a wrong type.
   * @throws {RangeError} If `max` is not a whole number of bytes.
   * @throws {Deno.errors.TimedOut} If nothing comes within the timeout; the
   * next call goes on where this one stopped.
   * @throws {unknown} The signal's reason, if that is aborted; likewise.
   */
  read(
    max = Infinity,
    options?: ReadOptions | null,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return readBytes(this, this.#source, max, options);
  }

  /**
   * Reads a given number of bytes.
   *
   * Memory follows the bytes that have come, not the number asked for: a
   * length that a client made up costs nothing.
   *
   * @param count How many bytes.
   * @param options A signal to give up at, a limit of the call's own, and whether
   * the end is an error.
   * @returns The bytes, or `null` if the input ended before the first of them:
   * a client that leaves between two messages is no error. With a `count` of 0
   * there are no bytes to wait for, and an empty array is returned.
   * @throws {TypeError} If `count` is not a number, or an option is of a wrong
   * type.
   * @throws {RangeError} If `count` is not a whole number of bytes.
   * @throws {UnexpectedEof} If the input ends after some of them; or before the
   * first one, if they are required.
   * @throws {Deno.errors.TimedOut} If they do not come within the timeout; what
   * came stays in the reader.
   * @throws {unknown} The signal's reason, if that is aborted; likewise.
   *
   * @example Messages that begin with their length
   * ```ts
   * import { RequestReader, UnexpectedEof } from "@socketserver/socketserver";
   * import { assertEquals, assertRejects } from "@std/assert";
   *
   * const rfile = new RequestReader(new TextEncoder().encode("\x02hi\x03you\x04"));
   * const messages: string[] = [];
   *
   * async function readMessages() {
   *   for (let head; (head = await rfile.readExactly(1)) !== null;) {
   *     const message = await rfile.readExactly(head[0]!, { required: true });
   *     messages.push(new TextDecoder().decode(message));
   *   }
   * }
   *
   * await assertRejects(readMessages, UnexpectedEof);
   * assertEquals(messages, ["hi", "you"]);
   * ```
   */
  readExactly(
    count: number,
    options: ReadWholeOptions & { required: true },
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Reads a given number of bytes; `null` if the input ends before the first. */
  readExactly(
    count: number,
    options?: ReadWholeOptions | null,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
  readExactly(
    count: number,
    options?: ReadWholeOptions | null,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    return readExactBytes(this, this.#source, count, options);
  }

  /**
   * Reads the next line, as UTF-8 text.
   *
   * It does not tell how the line ended: by `\n`, by `\r\n`, or by the end of the
   * input, which may have cut it off. `readUntil("\n")` gives the line with its end,
   * and rejects if there is none.
   *
   * @param options A signal to give up at, a limit of the call's own, and whether
   * the end is an error.
   * @returns The line without its `\n` or `\r\n`, or `null` at the end. A last
   * line without such an end is returned too.
   * @throws {TypeError} If an option is of a wrong type.
   * @throws {UnexpectedEof} If there is none, and one is required.
   * @throws {LineTooLongError} If the line is longer than `maxLineLength`, as
   * soon as that is known. The line is skipped: what is read next, by any method
   * or through the stream, is what follows it.
   * @throws {Deno.errors.TimedOut} If the line does not come within the timeout;
   * what came stays in the reader.
   * @throws {unknown} The signal's reason, if that is aborted; likewise.
   */
  readLine(options: ReadWholeOptions & { required: true }): Promise<string>;
  /** Reads the next line, as UTF-8 text; `null` at the end. */
  readLine(options?: ReadWholeOptions | null): Promise<string | null>;
  readLine(options?: ReadWholeOptions | null): Promise<string | null> {
    const limit = this.#maxLineLength;
    try {
      const limits = limitsIn(options);
      const toResult = isRequired(options) ? this.#required() : asItIs;
      return readLineFrom(this, this.#source, limit, toResult, limits);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** @ignore Has a writer send what it has collected before the reader waits. */
  flushBeforeWaiting(writer: ResponseWriter): void {
    this.#source.input.flushFirst(() => writer.flushCollected());
  }

  #required(): (line: string | null) => string {
    return (line) => {
      if (line !== null) return line;
      throw cutOff(this.#source.input, "a line");
    };
  }

  /**
   * Reads up to a delimiter.
   *
   * A whole head of lines, up to an empty one, is read by `readUntil("\r\n\r\n")`:
   * then `maxLineLength` and the timeout hold for all of it, as an example of
   * {@linkcode StreamRequestHandler} shows.
   *
   * @param delimiter One or more bytes, or their text.
   * @param options A signal to give up at, a limit of the call's own, and whether
   * the end is an error.
   * @returns The bytes up to the delimiter, and the delimiter; `null` if the
   * input ended before the first of them.
   * @throws {TypeError} If the delimiter is neither bytes nor text, or an option
   * is of a wrong type.
   * @throws {RangeError} If the delimiter is empty.
   * @throws {LineTooLongError} If more than `maxLineLength` bytes come before
   * the delimiter, as soon as that is known. They are skipped, and the delimiter
   * too: what is read next is what follows it.
   * @throws {UnexpectedEof} If the input ends after some bytes without the
   * delimiter; or before the first one, if they are required.
   * @throws {Deno.errors.TimedOut} If they do not come within the timeout; what
   * came stays in the reader.
   * @throws {unknown} The signal's reason, if that is aborted; likewise.
   */
  readUntil(
    delimiter: Uint8Array | string,
    options: ReadWholeOptions & { required: true },
  ): Promise<Uint8Array<ArrayBuffer>>;
  /** Reads up to a delimiter; `null` if the input ends before the first byte. */
  readUntil(
    delimiter: Uint8Array | string,
    options?: ReadWholeOptions | null,
  ): Promise<Uint8Array<ArrayBuffer> | null>;
  readUntil(
    delimiter: Uint8Array | string,
    options?: ReadWholeOptions | null,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const limit = this.#maxLineLength;
    return readBytesUntil(this, this.#source, delimiter, limit, options);
  }

  /**
   * Iterates over the lines that are left, as {@linkcode RequestReader.readLine}
   * returns them.
   *
   * Leaving the loop early leaves the rest in the reader. A line that is too
   * long ends the loop with its error; the lines after it are left, and
   * {@linkcode RequestReader.readLine} or a second loop returns them.
   *
   * @param options A signal to give up at: the loop ends with its reason then,
   * and a second one goes on with the next line. A timeout is one for each line.
   * @returns An iterator that ends with the input.
   * @throws {TypeError} If an option is of a wrong type.
   */
  lines(options?: ReadOptions | null): AsyncIterableIterator<string> {
    return new LineIterator(this, this.#source, limitsIn(options));
  }

  /**
   * Drops what has come and has not been read. It waits for nothing: what comes
   * later can be read.
   *
   * For a protocol that goes over to TLS in the middle, as by STARTTLS. Whatever
   * came before that came in plain text, and anybody on the way may have added it:
   * it must not be taken for what the client says by TLS (CVE-2011-0411). What
   * this reader has not read yet makes the handshake fail.
   *
   * @returns How many bytes were dropped.
   * @throws {TypeError} If the stream is locked to a reader.
   * @throws {Deno.errors.Busy} If another read is waiting, or is still in flight
   * though it was given up at a timeout or a signal: it would take what comes
   * next, the handshake of TLS. Read on until it has brought something.
   *
   * @example STARTTLS
   * ```ts
   * import { RequestReader } from "@socketserver/socketserver";
   * import { assertEquals } from "@std/assert";
   *
   * const input = new TextEncoder().encode("STARTTLS\r\nRCPT TO:<eve>\r\n");
   * const rfile = new RequestReader(input);
   * assertEquals(await rfile.readLine(), "STARTTLS");
   * assertEquals(await rfile.discard(), 15);
   * assertEquals(await rfile.readLine(), null);
   * ```
   */
  discard(): Promise<number> {
    return discardBytes(this, this.#source);
  }

  /**
   * Sends everything that comes to a stream, as the Streams standard has it.
   *
   * At the end of the input the destination is closed. To another connection,
   * pipe by way of a {@linkcode ResponseWriter}, which then only says that no more
   * will come: what `Deno.Conn` has as `writable` closes the whole connection, so
   * that a client which half-closes (`nc -N`) would lose its answer. The same
   * holds for `readable`, and {@linkcode RequestReader}.
   *
   * To a {@linkcode ResponseWriter} the bytes go straight, as long as neither of
   * the two has been used as a stream otherwise: it takes two thirds of the time.
   *
   * @param destination Where the bytes go.
   * @param options What is left open when either side ends, and a signal.
   * @returns A promise for the end of the input, or the first failure.
   *
   * @example A proxy that keeps half-closes
   * ```ts
   * import {
   *   AsyncTCPServer,
   *   RequestReader,
   *   ResponseWriter,
   *   StreamRequestHandler,
   * } from "@socketserver/socketserver";
   * import { assertEquals } from "@std/assert";
   *
   * const any = { hostname: "127.0.0.1", port: 0 };
   * await using upstream = new AsyncTCPServer(any, async (request) => {
   *   const text = await new Response(new RequestReader(request)).text();
   *   await new ResponseWriter(request).write(text.toUpperCase());
   * });
   * upstream.serveForever();
   *
   * class ProxyHandler extends StreamRequestHandler {
   *   override async handle() {
   *     using server = await Deno.connect({ port: upstream.serverAddress.port });
   *     await Promise.all([
   *       this.rfile.pipeTo(new ResponseWriter(server)),
   *       new RequestReader(server).pipeTo(this.wfile),
   *     ]);
   *   }
   * }
   *
   * await using proxy = new AsyncTCPServer(any, ProxyHandler);
   * proxy.serveForever();
   * const client = await Deno.connect({ port: proxy.serverAddress.port });
   * await client.write(new TextEncoder().encode("hello"));
   * await client.closeWrite();
   * assertEquals(await new Response(client.readable).text(), "HELLO");
   * ```
   */
  override async pipeTo(
    destination: WritableStream<Uint8Array<ArrayBuffer>>,
    options?: StreamPipeOptions,
  ): Promise<void> {
    const taken = takenOptions(options);
    const direct = DirectPipe.between(this, this.#source, destination, taken);
    if (direct !== null) {
      try {
        await direct.run();
      } finally {
        direct.release();
      }
    }
    await super.pipeTo(destination, taken);
  }
}
