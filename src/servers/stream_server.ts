import { LayeredListener } from "../listeners/layered_listener.ts";
import {
  checkedProxyProtocol,
  type ProxyProtocolOptions,
} from "../listeners/proxy_protocol_options.ts";
import { checkCounts } from "../option_checks.ts";
import { withinTimeLimit } from "../streams/time_limit.ts";
import type { RequestHandlerClass, StreamRequest } from "../types.ts";
import { closeQuietly } from "../streams/close_quietly.ts";
import { allowClosingAgain, closeConnection } from "./connection_close.ts";
import {
  dropInput,
  dropInputIfAny,
  hasUnreadInput,
  watchReads,
} from "./gentle_close.ts";
import { SocketServer, type SocketServerOptions } from "./socket_server.ts";

/** Options for {@linkcode StreamServer}. */
export interface StreamServerOptions
  extends SocketServerOptions<Deno.Listener> {
  /**
   * How many clients may wait to be accepted; the system may allow fewer.
   *
   * @default {4096}
   */
  requestQueueSize?: number;
  /**
   * For a server behind a proxy: takes each client's true address from the header
   * that the proxy sends first; see {@linkcode ProxyProtocolOptions}.
   *
   * @default {undefined} Clients connect themselves.
   */
  proxyProtocol?: ProxyProtocolOptions;
}

/** The system takes a C `int`; of a larger number Deno would cut bits off. */
const LARGEST_QUEUE = 2 ** 31 - 1;
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
  extends SocketServer<StreamRequest, Address, Deno.Listener> {
  /** The type of socket that the server uses. */
  readonly socketType = "SOCK_STREAM";
  /**
   * How many clients may wait to be accepted.
   *
   * @default {4096}
   */
  readonly requestQueueSize: number;
  /**
   * Which proxies are trusted to tell a client's true address.
   *
   * @default {undefined} Clients connect themselves.
   */
  readonly proxyProtocol: Required<ProxyProtocolOptions> | undefined;
  /** What `getRequest()` has given out and the loop has not taken. */
  #untaken: StreamRequest | null = null;

  /**
   * Creates an instance, which is bound to nothing yet.
   *
   * @throws {TypeError} If an argument has the wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(
    serverAddress: Address,
    RequestHandlerClass: RequestHandlerClass<StreamRequest, Address>,
    options?: StreamServerOptions | null,
  ) {
    super(serverAddress, RequestHandlerClass, options);
    const { requestQueueSize = 4096, proxyProtocol, socket } = options ?? {};
    checkCounts({ requestQueueSize }, { least: 0, most: LARGEST_QUEUE });
    this.requestQueueSize = requestQueueSize;
    this.proxyProtocol = checkedProxyProtocol(
      proxyProtocol,
      serverAddress.transport,
    );
    // The base's constructor did not know of the proxy yet.
    if (socket && this.proxyProtocol !== undefined) this.socket = socket;
  }

  /**
   * The listener. With `proxyProtocol` or `tls` it is one around the one that it
   * was set to, and accepts a connection when its header has come, and its TLS
   * handshake is over.
   */
  override get socket(): Deno.Listener {
    return super.socket;
  }

  override set socket(socket: Deno.Listener) {
    super.socket = socket instanceof LayeredListener
      ? socket
      : this.layered(socket);
  }

  /**
   * May be overridden: puts around a listener what accepts a connection only when
   * its client has said what it must.
   */
  protected layered(listener: Deno.Listener): Deno.Listener {
    const { proxyProtocol } = this;
    return proxyProtocol === undefined
      ? listener
      : new LayeredListener(listener, { proxyProtocol });
  }

  /** The methods that the socket must have. */
  protected override get socketMethods(): readonly string[] {
    return ["accept", "close"];
  }

  /**
   * Waits for a client to connect. May be overridden, with a call of this one: if
   * the override throws afterwards, the connection is closed.
   */
  override async getRequest(): Promise<readonly [StreamRequest, Deno.Addr]> {
    const connection: StreamRequest = await this.waitingFor(
      this.socket.accept(),
    );
    watchReads(connection);
    allowClosingAgain(connection);
    this.#untaken = connection;
    return [connection, connection.remoteAddr];
  }

  /** Notes that the loop has what `getRequest()` gave out. */
  protected override requestTaken(): void {
    this.#untaken = null;
  }

  /** Closes the connection that an override of `getRequest()` did not return. */
  protected override releaseUntaken(): void {
    if (this.#untaken !== null) closeQuietly(this.#untaken);
    this.#untaken = null;
  }

  /**
   * Tells the client that no more will come, and calls `closeRequest()`. May be
   * overridden.
   *
   * If the client has sent more than was read, the connection is closed a little
   * later, beside the loop: what still comes is dropped until the client closes,
   * for at most 1 second and 256 KiB. Closed at once, it would be reset, and the
   * client would lose what it has not received yet. Where nothing was read by
   * `rfile`, it takes a turn of the event loop to know.
   */
  override shutdownRequest(request: StreamRequest): void | Promise<void> {
    return this.#shutDown(request);
  }

  /**
   * Closes the connection, if it is still open. May be overridden.
   *
   * It may be called at any time, to drop a client that is not to be served any
   * longer, such as one that does not read what it is sent: its handler's pending
   * reads and writes reject, and the handler ends by that. The handler may close
   * the connection again, which does nothing.
   */
  override closeRequest(request: StreamRequest): void | Promise<void> {
    closeConnection(request);
  }

  async #shutDown(request: StreamRequest): Promise<void> {
    let unread: boolean | null = false;
    try {
      // This waits for a write under way that nobody waits for any more, and
      // with TLS for the client, which may never say a word.
      await withinTimeLimit(request.closeWrite(), GOODBYE_LIMIT, "close");
      unread = await hasUnreadInput(request);
    } catch {
      // The client has gone, or the handler has closed the connection.
    }
    if (unread === false) return await this.closeRequest(request);
    const drop = unread === null ? dropInputIfAny : dropInput;
    this.closeAfter(request, drop(request));
  }
}
