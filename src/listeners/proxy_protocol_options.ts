import { checkTimeLimits, wrongOption } from "../option_checks.ts";
import { canBeTrusted, TrustedPeers } from "./trusted_peers.ts";

/**
 * How a server learns its clients' true addresses from a proxy that stands in
 * front of it: by the PROXY protocol, versions 1 and 2, as HAProxy defines it
 * and nginx, Envoy, stunnel and the balancers of clouds speak it, too.
 *
 * The proxy begins each connection with a header. What it says of the client
 * becomes the `clientAddress` of handlers and hooks, and the `remoteAddr` of the
 * request; the address that the client connected to becomes its `localAddr`.
 * They may be of another kind than the server's own address: behind a proxy, a
 * Unix server sees clients of TCP. A header that tells no address, as that of a
 * proxy's own health check, leaves those of the connection. The bytes after the
 * header are the request's.
 *
 * A connection that does not begin with a right header is closed, and
 * `handleError()` gets a {@linkcode ProxyHeaderError}. One that ends without a
 * word, as that of another health check, is no error. Before its header has
 * come, a connection is no request, and keeps no other from being handled.
 *
 * @example Behind a proxy on the same machine
 * ```ts
 * import {
 *   formatAddress,
 *   StreamRequestHandler,
 *   TCPServer,
 * } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class AddressHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.wfile.write(formatAddress(this.clientAddress));
 *   }
 * }
 *
 * await using server = new TCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   AddressHandler,
 *   { proxyProtocol: { trust: ["127.0.0.0/8", "::1"] } },
 * );
 * const { port } = server.serverAddress;
 * const proxy = await Deno.connect({ hostname: "127.0.0.1", port });
 * const header = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
 * await proxy.write(new TextEncoder().encode(header));
 * await server.handleRequest();
 * assertEquals(await new Response(proxy.readable).text(), "192.0.2.1:56324");
 * ```
 */
export interface ProxyProtocolOptions {
  /**
   * Whose headers are believed: addresses of proxies, such as `"10.0.0.7"` or
   * `"2001:db8::1"`, and networks of them, such as `"10.0.0.0/8"`. Whoever else
   * connects is refused, as a client could claim any address.
   *
   * On a Unix socket, whose file's permissions say who may connect, it is
   * `"unix"`: all who may.
   */
  trust: readonly string[];
  /**
   * The longest wait for a header, in seconds; `null` for ever. The protocol
   * recommends at least 3, so that one that was lost can be sent again.
   *
   * @default {5}
   */
  headerTimeout?: number | null;
}

/**
 * Checks the `proxyProtocol` option, and fills in the default.
 *
 * @param transport That of the server's address.
 * @throws {TypeError} If it has the wrong type, or trusts nobody.
 * @throws {RangeError} If a number is out of range.
 */
export function checkedProxyProtocol(
  options: ProxyProtocolOptions | undefined,
  transport: Deno.Addr["transport"],
): Required<ProxyProtocolOptions> | undefined {
  if (options === undefined) return undefined;
  const rule = "proxyProtocol must be an object that has trust";
  if (typeof options !== "object" || options === null) {
    throw wrongOption(rule, options);
  }
  const { trust, headerTimeout = 5 } = options;
  if (trust === undefined) throw wrongOption(rule, options);
  checkTrust(trust, transport);
  checkTimeLimits({ "proxyProtocol.headerTimeout": headerTimeout });
  return Object.freeze({ trust: Object.freeze([...trust]), headerTimeout });
}

function checkTrust(trust: unknown, transport: Deno.Addr["transport"]): void {
  const rule = "proxyProtocol.trust must be a list of addresses and networks" +
    ' such as "10.0.0.0/8", or of "unix"';
  if (!Array.isArray(trust)) throw wrongOption(rule, trust);
  for (const text of trust) {
    if (typeof text !== "string" || !canBeTrusted(text)) {
      throw wrongOption(rule, text);
    }
  }
  if (new TrustedPeers(trust).hasAnyOf(transport)) return;
  const missing = transport === "unix" ? '"unix"' : "an address";
  throw wrongOption(`proxyProtocol.trust must have ${missing}`, trust);
}
