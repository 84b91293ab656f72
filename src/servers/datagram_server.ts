import type {
  DatagramRequest,
  DatagramSocket,
  RequestHandlerClass,
} from "../types.ts";
import { BaseServer } from "./base_server.ts";
import { checkCounts } from "./option_checks.ts";
import type { ServerOptions } from "./server_options.ts";

/** What a datagram server receives from: `Deno.DatagramConn` is one. */
export interface DatagramListener extends DatagramSocket {
  /** Receives one datagram into `buffer`; resolves to it and its sender. */
  receive(
    buffer: Uint8Array,
  ): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]>;
  /** Closes the socket. */
  close(): void;
  /** Lets the socket keep the program alive. */
  ref?(): void;
  /** Keeps the socket from keeping the program alive. */
  unref?(): void;
}

/** Options for {@linkcode DatagramServer}. */
export interface DatagramServerOptions extends ServerOptions {
  /**
   * The longest datagram to receive, in bytes; longer ones are cut.
   *
   * @default {65535}
   */
  maxPacketSize?: number;
  /**
   * A socket to use in place of a new one. The server takes its address, and
   * closes it.
   *
   * @default {undefined}
   */
  socket?: DatagramListener;
}

/**
 * A server of datagrams: what UDP and Unix datagram servers have in common.
 *
 * A subclass says how to listen; its constructor calls `bindAndActivate()`.
 *
 * @typeParam Address What the server is bound to.
 *
 * @example What it hands to handlers
 * ```ts
 * import { DatagramServer, UDPServer } from "@socketserver/socketserver";
 * import { assertEquals, assertInstanceOf } from "@std/assert";
 *
 * await using server = new UDPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   async ([data, socket], clientAddress) => {
 *     await socket.send(data, clientAddress);
 *   },
 * );
 * assertInstanceOf(server, DatagramServer);
 * const client = Deno.listenDatagram({
 *   transport: "udp",
 *   hostname: "127.0.0.1",
 *   port: 0,
 * });
 * await client.send(new Uint8Array([1, 2]), server.serverAddress);
 * await server.handleRequest();
 * assertEquals((await client.receive())[0], new Uint8Array([1, 2]));
 * client.close();
 * ```
 */
export abstract class DatagramServer<Address extends Deno.Addr>
  extends BaseServer<DatagramRequest, Address> {
  /** The type of socket that the server uses. */
  readonly socketType = "SOCK_DGRAM";
  /**
   * The longest datagram to receive, in bytes; longer ones are cut.
   *
   * @default {65535}
   */
  maxPacketSize: number;

  #socket: DatagramListener | null = null;
  /** The system releases the address when this is settled, not before. */
  #receiving: Promise<unknown> | null = null;
  /** Where a datagram lands before it is copied to where it belongs. */
  #landing = new Uint8Array(0);

  /** Creates an instance, which is bound to nothing yet. */
  constructor(
    serverAddress: Address,
    RequestHandlerClass: RequestHandlerClass<DatagramRequest>,
    options: DatagramServerOptions = {},
  ) {
    super(serverAddress, RequestHandlerClass, options);
    const { maxPacketSize } = options;
    checkCounts({ maxPacketSize }, { least: 1, limit: false });
    this.maxPacketSize = maxPacketSize ?? 65_535;
    if (options.socket !== undefined) this.socket = options.socket;
  }

  /**
   * The socket. An overridden `serverBind()` may set one of its own.
   *
   * @throws {Deno.errors.NotConnected} If the server is not bound.
   */
  get socket(): DatagramListener {
    if (this.#socket !== null) return this.#socket;
    throw new Deno.errors.NotConnected(
      "Cannot use the socket as the server must be bound first: call serverBind()",
    );
  }

  set socket(socket: DatagramListener) {
    this.#socket = this.adapt(socket);
    this.serverAddress = socket.addr as Address;
  }

  /** Binds, unless the server was given a socket. */
  override serverBind(): void {
    if (this.#socket === null) this.socket = this.listen();
  }

  /** To be overridden: makes the socket. */
  protected abstract listen(): DatagramListener;

  /** May be overridden, for sockets that need help. Returns its argument. */
  protected adapt(socket: DatagramListener): DatagramListener {
    return socket;
  }

  /** Waits for a datagram. */
  override async getRequest(): Promise<readonly [DatagramRequest, Deno.Addr]> {
    const socket = this.socket;
    if (this.#landing.length !== this.maxPacketSize) {
      this.#landing = new Uint8Array(this.maxPacketSize);
    }
    const receiving = this.#receiving = socket.receive(this.#landing);
    const [data, address] = await receiving;
    return [[data.slice(), socket], address];
  }

  /**
   * Stops receiving, and closes the socket when the requests being handled have
   * sent their replies; see `BaseServer.serverClose()`.
   */
  override async serverClose(): Promise<void> {
    this.ref(); // the pending call is still to be heard of
    if (this.activeRequests.length === 0) this.#closeSocket();
    await super.serverClose();
  }

  /** Closes the socket, if it is still open. */
  override async serverClosed(): Promise<void> {
    this.#closeSocket();
    await this.#receiving?.catch(() => {});
    await super.serverClosed();
  }

  #closeSocket(): void {
    try {
      this.#socket?.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  /** Lets the open socket keep the program alive. */
  override ref(): void {
    this.#socket?.ref?.();
  }

  /** Keeps the open socket alone from keeping the program alive. */
  override unref(): void {
    this.#socket?.unref?.();
  }
}
