import { concat } from "@std/bytes/concat";
import { RequestReader } from "../streams/request_reader.ts";
import { UnexpectedEof } from "../errors.ts";
import { dataBytes } from "../streams/argument_checks.ts";
import type { HandlerRun } from "./handler_run.ts";
import type { TestConnection } from "./test_connection.ts";
import type { StreamRequest } from "../types.ts";

const encoder = new TextEncoder();

/**
 * The client of a handler in a test: see {@linkcode connect}, which makes one.
 *
 * It reads as `rfile` does. Every wait has the limit of the option `timeout`; the
 * error then says what the handler waits for.
 *
 * At the end of an `await using` the client half-closes, and waits for the
 * handler. If that has failed and nobody has looked at
 * {@linkcode TestClient.handled}, the test fails with its error; a loss that the
 * client itself has caused is none, nor is a message that it has not sent whole
 * by then. Where an assertion has failed before, Deno tells of both as a
 * `SuppressedError` without their texts: `await client.handled` shows the handler's.
 *
 * @example A client that vanishes
 * ```ts
 * import { StreamRequestHandler } from "@socketserver/socketserver";
 * import { connect } from "@socketserver/socketserver/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * class GreetHandler extends StreamRequestHandler {
 *   override async handle() {
 *     for await (const name of this.rfile.lines()) {
 *       await this.wfile.write(`Hello, ${name}!\n`);
 *     }
 *   }
 * }
 *
 * await using client = connect(GreetHandler);
 * await client.write("Ada\nGra");
 * assertEquals(await client.readLine(), "Hello, Ada!");
 * client.reset();
 * await assertRejects(() => client.handled, Deno.errors.ConnectionReset);
 * ```
 */
export class TestClient implements AsyncDisposable {
  readonly #run: HandlerRun<StreamRequest>;
  readonly #connection: TestConnection;
  readonly #reader: RequestReader;
  #unread: Uint8Array<ArrayBuffer> | null = null;
  /** What the client itself has done to the handler. */
  #loss: Error | null = null;
  #isLookedAt = false;
  #mayWrite = true;

  /** @ignore {@linkcode connect} makes one. */
  constructor(run: HandlerRun<StreamRequest>, connection: TestConnection) {
    this.#run = run;
    this.#connection = connection;
    this.#reader = new RequestReader(connection.output);
    this.#reader.maxLineLength = Infinity;
    run.start(connection, () => this.#release());
  }

  /**
   * Settles when the handler has ended, as the server would see it: it rejects
   * with what `handleError()` would be given. A handler that ends because its
   * `signal` says that the server is to stop has not failed.
   *
   * @throws {Deno.errors.TimedOut} If that takes longer than the timeout.
   */
  get handled(): Promise<void> {
    this.#isLookedAt = true;
    return this.#within(this.#run.ended, "wait for the handler's end");
  }

  /**
   * What the client has sent and the handler has read neither from its connection
   * nor, if it has one, from its `rfile`.
   *
   * @throws {TypeError} If the handler has not ended.
   */
  get unread(): Uint8Array<ArrayBuffer> {
    if (this.#unread !== null) return concat([this.#unread]);
    throw new TypeError(
      "Cannot tell what is unread as the handler must have ended: await client.handled",
    );
  }

  /**
   * Sends bytes, or text as UTF-8. They are taken at once: the handler finds them
   * when it reads.
   *
   * @returns The number of bytes.
   * @throws {TypeError} If the data are neither.
   * @throws {Deno.errors.BrokenPipe} If the client has half-closed, or left.
   */
  async write(data: string | ArrayBufferView | ArrayBuffer): Promise<number> {
    const isText = typeof data === "string";
    const bytes = isText ? encoder.encode(data) : dataBytes(data);
    if (!this.#mayWrite) {
      throw new Deno.errors.BrokenPipe(
        "Cannot write as the client has half-closed, or left",
      );
    }
    if (this.#unread === null) return await this.#connection.input.write(bytes);
    this.#unread = concat([this.#unread, bytes]);
    return bytes.length;
  }

  /** Says that no more will come: the handler finds the end of its input. */
  closeWrite(): Promise<void> {
    this.#mayWrite = false;
    this.#connection.input.end();
    return Promise.resolve();
  }

  /**
   * Reads what the handler has written, and waits only if that is nothing.
   *
   * @param max The most bytes to return.
   * @returns The bytes, or `null` at the end: the handler has ended, or has
   * half-closed.
   * @throws {Deno.errors.TimedOut} If nothing comes within the timeout.
   */
  read(max = Infinity): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#within(this.#reader.read(max), "read");
  }

  /**
   * Reads a given number of bytes.
   *
   * @returns The bytes, or `null` at the end.
   * @throws {UnexpectedEof} If there are some of them only.
   * @throws {Deno.errors.TimedOut} If they do not come within the timeout.
   */
  readExactly(count: number): Promise<Uint8Array<ArrayBuffer> | null> {
    return this.#within(this.#reader.readExactly(count), `read ${count} bytes`);
  }

  /**
   * Reads a line.
   *
   * @returns The line without its `\n` or `\r\n`, or `null` at the end.
   * @throws {Deno.errors.TimedOut} If it does not come within the timeout.
   */
  readLine(): Promise<string | null> {
    return this.#within(this.#reader.readLine(), "read a line");
  }

  /**
   * Reads up to a delimiter, and the delimiter.
   *
   * @returns The bytes, or `null` at the end.
   * @throws {UnexpectedEof} If there are bytes without the delimiter.
   * @throws {Deno.errors.TimedOut} If they do not come within the timeout.
   */
  readUntil(
    delimiter: Uint8Array | string,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    const reading = this.#reader.readUntil(delimiter);
    return this.#within(reading, "read up to a delimiter");
  }

  /**
   * Reads everything that is left, to the end.
   *
   * @throws {Deno.errors.TimedOut} If the end does not come within the timeout.
   */
  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#within(this.#readRest(), "read to the end");
  }

  /**
   * Reads everything that is left, as UTF-8 text.
   *
   * @throws {Deno.errors.TimedOut} If the end does not come within the timeout.
   */
  async text(): Promise<string> {
    return new TextDecoder().decode(await this.bytes());
  }

  /**
   * The client goes away, as a program does that has ended: the handler finds the
   * end of its input, and its writes reject with `Deno.errors.BrokenPipe`.
   */
  close(): void {
    this.closeWrite();
    this.#lose(new Deno.errors.BrokenPipe("The client has closed"));
  }

  /**
   * The client vanishes: the handler's reads and writes reject with
   * `Deno.errors.ConnectionReset`. What was sent before can still be read.
   */
  reset(): void {
    const error = new Deno.errors.ConnectionReset("The client has reset");
    this.#mayWrite = false;
    this.#connection.input.fail(error);
    this.#lose(error);
  }

  /**
   * The server wants to stop: the handler's `signal` is aborted with a
   * {@linkcode ServerStoppingError}.
   */
  shutdown(): void {
    this.#run.shutdown();
  }

  /**
   * Half-closes, and waits for the handler to end.
   *
   * @throws {unknown} What the handler has failed with, if nobody has looked at
   * that, and it is no loss of the client which the client has caused, here or
   * before.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const isEndSent = !this.#mayWrite;
    this.closeWrite();
    this.#connection.output.drain();
    if (this.#run.hasTimedOut) return; // the test has failed with that already
    try {
      await this.#within(this.#run.ended, "wait for the handler's end");
    } catch (error) {
      const isCaused = error === this.#loss ||
        !isEndSent && error instanceof UnexpectedEof;
      if (!this.#isLookedAt && !isCaused) throw error;
    }
  }

  #lose(error: Error): void {
    this.#loss ??= error;
    this.#connection.output.fail(error);
  }

  async #readRest(): Promise<Uint8Array<ArrayBuffer>> {
    const pieces = [];
    for (let piece; (piece = await this.#reader.read()) !== null;) {
      pieces.push(piece);
    }
    return concat(pieces);
  }

  #within<T>(operation: Promise<T>, action: string): Promise<T> {
    const { input, output } = this.#connection;
    const state = () =>
      input.isReading
        ? "waits for input"
        : output.isWriting
        ? "waits for the client to read"
        : "waits neither for input nor for the client to read";
    return this.#run.within(operation, action, state, (error) => {
      input.fail(error);
      output.fail(error);
    });
  }

  /** The handler has ended: finds out what it has left, and closes. */
  async #release(): Promise<void> {
    const { input } = this.#connection;
    input.end();
    const readAhead = await readAheadBy(this.#run.handler);
    this.#unread = concat([...readAhead, input.takeRest()]);
    this.#connection.release();
  }
}

/** What the `rfile` of a handler has read, and the handler has not. */
async function readAheadBy(handler: unknown): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  try {
    const { rfile } = Object(handler) as { rfile?: unknown };
    if (!(rfile instanceof RequestReader)) return pieces;
    for (let piece; (piece = await rfile.read()) !== null;) {
      pieces.push(piece);
    }
  } catch {
    // It cannot be made, is locked, or has found that the client is lost.
  }
  return pieces;
}
