import { checkSwitches } from "../option_checks.ts";
import type { DatagramRequest, RequestHandlerClass } from "../types.ts";
import { bindTo, checkedAddress, checkUnstableNet } from "./bind_checks.ts";
import {
  type DatagramListener,
  DatagramServer,
  type DatagramServerOptions,
} from "./datagram_server.ts";
import type { InetAddress } from "./tcp_server.ts";

/** Options for {@linkcode UDPServer}. */
export interface UDPServerOptions extends DatagramServerOptions {
  /**
   * Whether the address can be bound while another socket, which allows it
   * too, is bound to it (SO_REUSEADDR).
   *
   * @default {false}
   */
  allowReuseAddress?: boolean;
  /**
   * Whether several servers may listen on the port and share its clients
   * (SO_REUSEPORT).
   *
   * @default {false}
   */
  allowReusePort?: boolean;
}

/**
 * A server of UDP datagrams, which handles one after the other.
 *
 * Needs the flag `--unstable-net`, or `"unstable": ["net"]` in `deno.json`, and
 * the permission `--allow-net`.
 *
 * @example Usage
 * ```ts
 * import { DatagramRequestHandler, UDPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * await using server = new UDPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   EchoHandler,
 * );
 * const client = Deno.listenDatagram({
 *   transport: "udp",
 *   hostname: "127.0.0.1",
 *   port: 0,
 * });
 * await client.send(new TextEncoder().encode("hello"), server.serverAddress);
 * await server.handleRequest();
 * assertEquals(new TextDecoder().decode((await client.receive())[0]), "hello");
 * client.close();
 * ```
 */
export class UDPServer extends DatagramServer<Deno.NetAddr> {
  /** Whether the address can be bound while another socket is. */
  readonly allowReuseAddress: boolean;
  /** Whether several servers may listen on the port. */
  readonly allowReusePort: boolean;

  /**
   * Creates an instance, and binds it unless told otherwise.
   *
   * @param serverAddress Where to listen.
   * @param RequestHandlerClass What handles the requests.
   * @param options Further options.
   * @throws {RangeError} If the port or an option is out of range.
   * @throws {TypeError} If an argument has the wrong type.
   * @throws {Deno.errors.NotSupported} If Deno runs without `--unstable-net`.
   * @throws {Deno.errors.AddrInUse} If somebody listens there already.
   * @throws {Deno.errors.NotCapable} If the permission is missing.
   * @throws {Error} What else the platform throws. Its errors keep their class
   * and code; the message names the address, and the cause is the platform's.
   */
  constructor(
    serverAddress: InetAddress,
    RequestHandlerClass: RequestHandlerClass<DatagramRequest, Deno.NetAddr>,
    options?: UDPServerOptions | null,
  ) {
    super(
      { transport: "udp", ...checkedAddress("UDP", serverAddress) },
      RequestHandlerClass,
      options,
    );
    const { allowReuseAddress = false, allowReusePort = false } = options ?? {};
    checkSwitches({ allowReuseAddress, allowReusePort });
    this.allowReuseAddress = allowReuseAddress;
    this.allowReusePort = allowReusePort;
    if (options?.bindAndActivate ?? true) this.bindAndActivate();
  }

  /** The family of the server's address. */
  get addressFamily(): "AF_INET" | "AF_INET6" {
    return this.serverAddress.hostname.includes(":") ? "AF_INET6" : "AF_INET";
  }

  /** Makes the socket. */
  protected override listen(): DatagramListener {
    checkUnstableNet("bind the UDP server");
    const options = {
      ...checkedAddress("UDP", this.serverAddress),
      transport: "udp" as const,
      reuseAddress: this.allowReuseAddress,
      ...(this.allowReusePort ? { reusePort: true } : {}),
    };
    return bindTo(options, () => Deno.listenDatagram(options));
  }
}
