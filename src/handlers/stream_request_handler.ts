import { checkedTimeout } from "../streams/argument_checks.ts";
import { RequestReader } from "../streams/request_reader.ts";
import { ResponseWriter } from "../streams/response_writer.ts";
import type { HandlerServer, StreamRequest } from "../types.ts";
import { BaseRequestHandler } from "./base_request_handler.ts";

/**
 * Handles a connection through `rfile` and `wfile`.
 *
 * The fields are read when `rfile` and `wfile` are first used, and in
 * `setup()`: set them in the subclass. What they cannot be is a `TypeError` or a
 * `RangeError` then.
 *
 * @typeParam Server The server's class; see {@linkcode BaseRequestHandler}.
 * @typeParam Address The kind of its clients' addresses; likewise.
 *
 * @example Usage
 * ```ts
 * import { StreamRequestHandler, TCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class UpperHandler extends StreamRequestHandler {
 *   override timeout = 30;
 *
 *   override async handle() {
 *     for await (const line of this.rfile.lines()) {
 *       await this.wfile.write(line.toUpperCase() + "\n");
 *     }
 *   }
 * }
 *
 * await using server = new TCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   UpperHandler,
 * );
 * const { port } = server.serverAddress;
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.write(new TextEncoder().encode("hello\n"));
 * await client.closeWrite();
 * await server.handleRequest();
 * assertEquals(await new Response(client.readable).text(), "HELLO\n");
 * ```
 *
 * @example The client's host, without a cast
 * ```ts
 * import { type HandlerServer, StreamRequestHandler } from "@socketserver/socketserver";
 * import { exchange } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class HostHandler extends StreamRequestHandler<HandlerServer, Deno.NetAddr> {
 *   override async handle() {
 *     await this.wfile.write(`You are ${this.clientAddress.hostname}.\n`);
 *   }
 * }
 *
 * assertEquals(await exchange(HostHandler), "You are 127.0.0.1.\n");
 * ```
 *
 * @example A head of lines, in a limited time and size
 * ```ts
 * import { StreamRequestHandler, UnexpectedEof } from "@socketserver/socketserver";
 * import { exchange } from "@socketserver/socketserver/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * class HeadHandler extends StreamRequestHandler {
 *   override maxLineLength = 8192; // bytes, of the whole head
 *
 *   override async handle() {
 *     const head = await this.rfile.readUntil("\r\n\r\n", { timeout: 10 });
 *     if (head === null) return; // the client has said nothing
 *     const lines = new TextDecoder().decode(head).trimEnd().split("\r\n");
 *     await this.wfile.write(`${lines.length} lines`);
 *   }
 * }
 *
 * const head = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
 * assertEquals(await exchange(HeadHandler, head), "2 lines");
 * await assertRejects(
 *   () => exchange(HeadHandler, "GET / HTTP/1.1\r\nHost: lo"),
 *   UnexpectedEof,
 * );
 * ```
 */
export class StreamRequestHandler<
  Server extends HandlerServer = HandlerServer,
  Address extends Deno.Addr = Deno.Addr,
> extends BaseRequestHandler<StreamRequest, Server, Address> {
  /**
   * The size of `rfile`'s buffer, in bytes: `-1` lets it follow the client,
   * `0` never reads ahead. At most 1 GiB.
   *
   * @default {-1}
   */
  rbufsize: number = -1;
  /**
   * The longest line that `rfile` takes, in bytes; `Infinity` for any length. See
   * {@linkcode RequestReader.maxLineLength}, which it is the first value of.
   *
   * @default {65536}
   */
  maxLineLength: number = 65_536;
  /**
   * How much `wfile` collects before it sends, in bytes: `0` sends at once,
   * `-1` stands for 8192. At most 1 GiB.
   *
   * What it has collected is sent when it becomes more, when `rfile` has to wait
   * for the client, and when the handler ends. So a client that asks and waits
   * gets its answer, and one that sends many requests at once (pipelining) gets
   * the answers together. `wfile.flush()` sends it at once, as is needed before
   * any other wait. (Python's `wfile` waits for a `flush()`, whatever `rfile`
   * does.) A read that has to wait rejects with the write's error if what was
   * collected cannot be sent.
   *
   * @default {0}
   */
  wbufsize: number = 0;
  /**
   * The longest that one read or one write may take, in seconds; `null` and
   * `Infinity` for ever. The request as a whole is not limited.
   *
   * It holds for one whole call, such as `readLine()` or `write()`, however many
   * pieces it takes: a client that sends a byte now and then does not prolong it,
   * and a large write needs a fitting limit. `rfile` as a stream, and
   * `rfile.pipeTo()`, have it for each chunk.
   *
   * @default {null}
   */
  timeout: number | null = null;
  /**
   * The longest that one read may take, in seconds, in place of `timeout`; `null`
   * and `Infinity` for ever. One call can have a limit of its own, as in
   * `rfile.readLine({ timeout: 5 })`.
   *
   * @default {undefined}
   */
  readTimeout: number | null | undefined = undefined;
  /**
   * The longest that one write may take, in seconds, in place of `timeout`; `null`
   * and `Infinity` for ever.
   *
   * @default {undefined}
   */
  writeTimeout: number | null | undefined = undefined;
  /**
   * Whether small writes are sent without waiting for the client's
   * acknowledgements (TCP_NODELAY). Only TCP connections have the choice, and of
   * those over TLS only the ones of the carrier `"node"`.
   *
   * @default {false}
   */
  disableNagleAlgorithm = false;

  #rfile: RequestReader | undefined;
  #wfile: ResponseWriter | undefined;

  /** The connection; another name for `request`, as in Python. */
  get connection(): StreamRequest {
    return this.request;
  }

  /** The client's bytes. */
  get rfile(): RequestReader {
    if (this.#rfile !== undefined) return this.#rfile;
    this.#rfile = new RequestReader(this.request, {
      bufferSize: this.rbufsize,
      timeout: this.#limit("rfile", "readTimeout"),
    });
    this.#rfile.maxLineLength = this.maxLineLength;
    if (this.wbufsize !== 0) this.#join();
    return this.#rfile;
  }

  /** The way to the client. */
  get wfile(): ResponseWriter {
    if (this.#wfile !== undefined) return this.#wfile;
    this.#wfile = new ResponseWriter(this.request, {
      bufferSize: this.wbufsize,
      timeout: this.#limit("wfile", "writeTimeout"),
    });
    if (this.wbufsize !== 0) this.#join();
    return this.#wfile;
  }

  /** Whichever of the two is used first, and one may not be used at all. */
  #join(): void {
    if (this.#rfile === undefined || this.#wfile === undefined) return;
    this.#rfile.flushBeforeWaiting(this.#wfile);
  }

  #limit(stream: string, field: "readTimeout" | "writeTimeout"): number | null {
    const own = this[field];
    return own === undefined
      ? this.timeout
      : checkedTimeout(stream, own, field);
  }

  /**
   * May be overridden. Applies `disableNagleAlgorithm`.
   *
   * @throws {TypeError} If the connection does not have the choice.
   */
  override setup(): void | Promise<void> {
    if (!this.disableNagleAlgorithm) return;
    const { localAddr, tls } = this.request;
    if (this.request.setNoDelay === undefined) {
      const rule = tls === undefined
        ? "the connection must be TCP"
        : 'tls.carrier must be "node"';
      const value = tls === undefined ? localAddr.transport : "deno";
      throw new TypeError(
        `Cannot disable Nagle's algorithm as ${rule}: current value is "${value}"`,
      );
    }
    this.request.setNoDelay(true);
  }

  /** May be overridden. Sends what `wfile` has collected. */
  override finish(): Promise<void> {
    return this.#wfile?.flush() ?? Promise.resolve();
  }
}
