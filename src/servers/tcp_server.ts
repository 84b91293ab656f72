import { brokenRule } from "../broken_rule.ts";
import { LayeredListener } from "../listeners/layered_listener.ts";
import { ServerCertificates } from "../listeners/server_certificates.ts";
import {
  checkedTls,
  type TlsOptions,
  type TlsSettings,
} from "../listeners/tls_options.ts";
import { checkSwitches } from "../option_checks.ts";
import { checkCertificates } from "../tls/check_certificates.ts";
import type { TlsCertificates } from "../tls/tls_credentials.ts";
import type { RequestHandlerClass, StreamRequest } from "../types.ts";
import { bindTo, checkedAddress, checkedReusePort } from "./bind_checks.ts";
import { StreamServer, type StreamServerOptions } from "./stream_server.ts";

/** Where a TCP or UDP server can listen. */
export interface InetAddress {
  /**
   * The name or address of an interface; `""` for all that have IPv4. What is
   * not a string, such as `null`, is refused.
   *
   * @default {"0.0.0.0"}
   */
  hostname?: string;
  /** The port; `0` for any that is free. */
  port: number;
}

/** Options for {@linkcode TCPServer}. */
export interface TCPServerOptions extends StreamServerOptions {
  /**
   * Whether several servers may listen on the port and share its clients
   * (SO_REUSEPORT). Needs the flag `--unstable-net`.
   *
   * @default {false}
   */
  allowReusePort?: boolean;
  /**
   * Has the server speak TLS; see {@linkcode TlsOptions}.
   *
   * @default {undefined} Clients speak in the clear.
   */
  tls?: TlsOptions;
}

/**
 * A server of TCP connections, which handles one after the other.
 *
 * Needs the permission `--allow-net`.
 *
 * @example Usage
 * ```ts
 * import { StreamRequestHandler, TCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * await using server = new TCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   EchoHandler,
 * );
 * const serving = server.serveForever();
 *
 * const { port } = server.serverAddress;
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.write(new TextEncoder().encode("hello"));
 * await client.closeWrite();
 * assertEquals(await new Response(client.readable).text(), "hello");
 *
 * await server.shutdown();
 * await serving;
 * ```
 */
export class TCPServer extends StreamServer<Deno.NetAddr> {
  /** Whether several servers may listen on the port. */
  readonly allowReusePort: boolean;
  /**
   * Whether the port of a server that has just ended can be bound again
   * (SO_REUSEADDR). Deno sees to that for every TCP listener.
   */
  readonly allowReuseAddress = true;
  /**
   * How the server speaks TLS; its certificates and keys are not shown.
   *
   * @default {undefined} Clients speak in the clear.
   */
  readonly tls: TlsSettings | undefined;
  readonly #certificates: ServerCertificates | undefined;

  /**
   * Creates an instance, and binds it unless told otherwise.
   *
   * @param serverAddress Where to listen.
   * @param RequestHandlerClass What handles the requests.
   * @param options Further options.
   * @throws {RangeError} If the port or an option is out of range.
   * @throws {TypeError} If an argument has the wrong type.
   * @throws {Deno.errors.NotSupported} If an option needs a flag of Deno's.
   * @throws {Deno.errors.AddrInUse} If somebody listens there already.
   * @throws {Deno.errors.NotCapable} If the permission is missing.
   * @throws {Error} What else the platform throws. Its errors keep their class
   * and code; the message names the address, and the cause is the platform's.
   */
  constructor(
    serverAddress: InetAddress,
    RequestHandlerClass: RequestHandlerClass<StreamRequest, Deno.NetAddr>,
    options?: TCPServerOptions | null,
  ) {
    super(
      { transport: "tcp", ...checkedAddress("TCP", serverAddress) },
      RequestHandlerClass,
      options,
    );
    const { allowReusePort = false, socket, tls } = options ?? {};
    checkSwitches({ allowReusePort });
    this.allowReusePort = allowReusePort;
    this.tls = checkedTls(tls, {
      proxyProtocol: this.proxyProtocol !== undefined,
      socket: socket !== undefined,
    });
    if (tls !== undefined) {
      if (this.tls?.carrier === "node") checkCertificates(tls, tls.ca);
      this.#certificates = new ServerCertificates(tls);
    }
    // The base's constructor did not know of TLS yet.
    if (socket && tls !== undefined) this.socket = socket;
    if (options?.bindAndActivate ?? true) this.bindAndActivate();
  }

  /** The family of the server's address. */
  get addressFamily(): "AF_INET" | "AF_INET6" {
    return this.serverAddress.hostname.includes(":") ? "AF_INET6" : "AF_INET";
  }

  /**
   * Replaces the certificates while the server serves: clients from now on see
   * the new ones, and connections that are there stay as they are. Asked for by
   * `tls.carrier`: `"node"` can do it.
   *
   * @param certificates The new ones.
   * @throws {TypeError} If one cannot be used; then the former ones stay.
   * @throws {Deno.errors.NotSupported} If the carrier of TLS cannot do it.
   */
  replaceCertificates(certificates: TlsCertificates): void {
    const carrier = this.tls?.carrier;
    if (carrier !== "node") {
      const rule = 'tls.carrier must be "node"';
      throw new Deno.errors.NotSupported(
        brokenRule("replace the certificates", rule, carrier),
      );
    }
    this.#certificates!.replace(certificates);
  }

  /** Puts the layers of `proxyProtocol` and `tls` around a listener. */
  protected override layered(listener: Deno.Listener): Deno.Listener {
    if (this.tls === undefined) return super.layered(listener); // or not yet set
    return new LayeredListener(listener, {
      proxyProtocol: this.proxyProtocol,
      tls: {
        settings: this.tls,
        certificates: this.#certificates!,
        countHeld: (clientAddress) => this.holdPlace(clientAddress),
      },
    });
  }

  /** Makes the listener. */
  protected override listen(): Deno.Listener {
    const options = {
      ...checkedAddress("TCP", this.serverAddress),
      transport: "tcp" as const,
      tcpBacklog: this.requestQueueSize,
      ...checkedReusePort(this.allowReusePort),
    };
    if (this.tls?.carrier !== "deno") {
      return bindTo(options, () => Deno.listen(options));
    }
    const { cert, key } = this.#certificates!.current;
    const alpnProtocols = [...this.tls.alpnProtocols];
    const tls = { ...options, alpnProtocols, cert, key };
    try {
      return bindTo(options, () => Deno.listenTls(tls));
    } catch (error) {
      checkCertificates({ cert, key }); // it says better what is wrong with them
      throw error;
    }
  }
}
