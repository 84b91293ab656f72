import type {
  DatagramRequest,
  DatagramSocket,
  RequestHandlerClass,
} from "../types.ts";
import { checkCounts } from "../option_checks.ts";
import {
  type ServerSocket,
  SocketServer,
  type SocketServerOptions,
} from "./socket_server.ts";

/** What a datagram server receives from: `Deno.DatagramConn` is one. */
export interface DatagramListener extends DatagramSocket, ServerSocket {
  /** Receives one datagram into `buffer`; resolves to it and its sender. */
  receive(
    buffer: Uint8Array,
  ): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]>;
}

/** Options for {@linkcode DatagramServer}. */
export interface DatagramServerOptions
  extends SocketServerOptions<DatagramListener> {
  /**
   * The longest datagram to receive, in bytes, at most 16 MiB; longer ones are
   * cut. UDP has none of more than 65 535 bytes.
   *
   * @default {65535}
   */
  maxPacketSize?: number;
}

/**
 * A UDP datagram has at most 65 535 bytes. A Unix one can be as large as its
 * sender's buffer: 212 992 bytes by default in Linux, and seldom more than this.
 */
const PACKET_SIZES = { least: 1, most: 2 ** 24 };

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
  extends SocketServer<DatagramRequest, Address, DatagramListener> {
  /** The type of socket that the server uses. */
  readonly socketType = "SOCK_DGRAM";
  /**
   * The longest datagram to receive, in bytes; longer ones are cut.
   *
   * @default {65535}
   */
  maxPacketSize: number;

  /** Where a datagram lands before it is copied to where it belongs. */
  #landing: Uint8Array | null = null;

  /**
   * Creates an instance, which is bound to nothing yet.
   *
   * @throws {TypeError} If an argument has the wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(
    serverAddress: Address,
    RequestHandlerClass: RequestHandlerClass<DatagramRequest, Address>,
    options?: DatagramServerOptions | null,
  ) {
    super(serverAddress, RequestHandlerClass, options);
    const { maxPacketSize = 65_535 } = options ?? {};
    checkCounts({ maxPacketSize }, PACKET_SIZES);
    this.maxPacketSize = maxPacketSize;
  }

  /** The methods that the socket must have. */
  protected override get socketMethods(): readonly string[] {
    return ["receive", "send", "close"];
  }

  /**
   * Waits for a datagram. May be overridden.
   *
   * @throws {TypeError} If `maxPacketSize` has been set to no number.
   * @throws {RangeError} If it has been set out of range.
   */
  override getRequest(): Promise<readonly [DatagramRequest, Deno.Addr]> {
    try {
      const { socket } = this;
      const receiving = this.waitingFor(socket.receive(this.#landingPlace()));
      // Not async, as it runs for each datagram: nor are the steps that lead to
      // the loop. All together that saves 3 % of a datagram's time.
      return receiving.then(([data, sender]) => [
        [new Uint8Array(data), socket],
        sender,
      ]);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #landingPlace(): Uint8Array {
    const { maxPacketSize } = this;
    if (this.#landing?.length === maxPacketSize) return this.#landing;
    checkCounts({ maxPacketSize }, PACKET_SIZES, "receive a datagram");
    return this.#landing = new Uint8Array(maxPacketSize);
  }

  /** Handlers reply through the socket that requests come in through. */
  protected override get repliesByListener(): boolean {
    return true;
  }
}
