import { withinTimeLimit } from "../streams/time_limit.ts";
import type { RequestHandlerClass, StreamRequest } from "../types.ts";
import { BaseServer } from "./base_server.ts";
import { checkCounts } from "./option_checks.ts";
import type { ServerOptions } from "./server_options.ts";

/** Options for {@linkcode StreamServer}. */
export interface StreamServerOptions extends ServerOptions {
  /**
   * How many clients may wait to be accepted; the system may allow fewer.
   *
   * @default {4096}
   */
  requestQueueSize?: number;
  /**
   * A listener to use in place of a new one, for instance one of
   * `Deno.listenTls()`. The server takes its address, and closes it.
   *
   * @default {undefined}
   */
  socket?: Deno.Listener;
}

/** How long it may take to tell a client that no more will come, in seconds. */
const GOODBYE_LIMIT = 1;

/**
 * A server of connections: what TCP and Unix stream servers have in common.
 *
 * A subclass says how to listen; its constructor calls `bindAndActivate()`.
 *
 * @typeParam Address What the server is bound to.
 *
 * @example What it hands to handlers
 * ```ts
 * import { StreamServer, TCPServer } from "@socketserver/socketserver";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * await using server = new TCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   async (request) => {
 *     await request.write(new TextEncoder().encode("bye"));
 *   },
 * );
 * assertInstanceOf(server, StreamServer);
 * const { port } = server.serverAddress;
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await server.handleRequest();
 * assertEquals(await new Response(client.readable).text(), "bye");
 * ```
 */
export abstract class StreamServer<Address extends Deno.Addr>
  extends BaseServer<StreamRequest, Address> {
  /** The type of socket that the server uses. */
  readonly socketType = "SOCK_STREAM";
  /** How many clients may wait to be accepted. */
  readonly requestQueueSize: number;

  #socket: Deno.Listener | null = null;
  /** The system releases the address when this is settled, not before. */
  #accepting: Promise<Deno.Conn> | null = null;

  /** Creates an instance, which is bound to nothing yet. */
  constructor(
    serverAddress: Address,
    RequestHandlerClass: RequestHandlerClass<StreamRequest>,
    options: StreamServerOptions = {},
  ) {
    super(serverAddress, RequestHandlerClass, options);
    const { requestQueueSize } = options;
    checkCounts({ requestQueueSize }, { least: 0, limit: false });
    this.requestQueueSize = requestQueueSize ?? 4096;
    if (options.socket !== undefined) this.socket = options.socket;
  }

  /**
   * The listener. An overridden `serverBind()` may set one of its own.
   *
   * @throws {Deno.errors.NotConnected} If the server is not bound.
   */
  get socket(): Deno.Listener {
    if (this.#socket !== null) return this.#socket;
    throw new Deno.errors.NotConnected(
      "Cannot use the socket as the server must be bound first: call serverBind()",
    );
  }

  set socket(socket: Deno.Listener) {
    this.#socket = socket;
    this.serverAddress = socket.addr as Address;
  }

  /** Binds and listens, unless the server was given a listener. */
  override serverBind(): void {
    if (this.#socket === null) this.socket = this.listen();
  }

  /** To be overridden: makes the listener. */
  protected abstract listen(): Deno.Listener;

  /** Waits for a client to connect. */
  override async getRequest(): Promise<readonly [StreamRequest, Deno.Addr]> {
    const accepting = this.#accepting = this.socket.accept();
    const connection = await accepting;
    return [connection, connection.remoteAddr];
  }

  /**
   * May be overridden. Tells the client that no more will come, so that it
   * gets what was sent even if it sent more than was read, and closes.
   */
  override shutdownRequest(request: StreamRequest): void | Promise<void> {
    return this.#shutDown(request);
  }

  async #shutDown(request: StreamRequest): Promise<void> {
    try {
      // This waits for a write under way that nobody waits for any more, and
      // with TLS for the client, which may never say a word.
      await withinTimeLimit(request.closeWrite(), GOODBYE_LIMIT, "close");
    } catch {
      // The client has gone, or the handler has closed the connection.
    }
    await this.closeRequest(request);
  }

  /** May be overridden. Closes the connection, if it is still open. */
  override closeRequest(request: StreamRequest): void | Promise<void> {
    this.abandonRequest(request);
  }

  /** Closes the connection, if it is still open. */
  override abandonRequest(request: StreamRequest): void {
    try {
      request.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Closes the socket first; see `BaseServer.serverClose()`. */
  override async serverClose(): Promise<void> {
    this.ref(); // the pending call is still to be heard of
    try {
      this.#socket?.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
    await super.serverClose();
    await this.#accepting?.catch(() => {});
  }

  /** Lets the open socket keep the program alive. */
  override ref(): void {
    this.#socket?.ref();
  }

  /** Keeps the open socket alone from keeping the program alive. */
  override unref(): void {
    this.#socket?.unref();
  }
}
