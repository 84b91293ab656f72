import type { TlsAcceptorOptions } from "../tls/tls_credentials.ts";
import { checkTimeLimits, wrongOption } from "../option_checks.ts";

/**
 * How a TCP server speaks TLS: the `tls` option.
 *
 * A connection is a request when its handshake is over: before that it keeps no
 * other from being handled, and a client that breaks the rules of TLS, or does
 * not speak in time, is no more than a {@linkcode TlsHandshakeError} for
 * `handleError()`. One that goes before the end of its handshake, as a health
 * check does, is no error. What has been agreed on is in the request's `tls`.
 *
 * There are two carriers. `"deno"` is `Deno.listenTls()`, the faster one. `"node"`
 * is `node:tls` over Deno's own connections: it can ask for certificates of
 * clients, has a certificate for each name, works behind a proxy and over a socket
 * that you made, replaces certificates while it serves, and closes whom it gives
 * up. The platform does not let go of a connection of the first carrier before its
 * client goes or speaks, even if it is closed: such a connection is counted
 * in `maxActiveRequests` and `maxRequestsPerClient` as long as it is there. Nor does
 * the program end by itself after `shutdown()`, before the server is closed.
 *
 * @example Usage
 * ```ts
 * import { AsyncTCPServer, StreamRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * // Mostly they are in files: await Deno.readTextFile("server.crt")
 * const cert = `-----BEGIN CERTIFICATE-----
 * MIIBDzCBwqADAgECAgEBMAUGAytlcDAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwIBcN
 * MjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2Fs
 * aG9zdDAqMAUGAytlcAMhAAkjBf53VZNjGWq6bK41BZ42dYh7K7TV1BbkEHn5DdH9
 * ozcwNTAUBgNVHREEDTALgglsb2NhbGhvc3QwHQYDVR0OBBYEFA1aDmxme0BxVbG7
 * R3ZxU8YURCzdMAUGAytlcANBAEYbtfwOisn/aey7rhY8P9N3m8NVl8INu7LV433U
 * QUPBsWTGTjAdPtVwiLCNPx6kRXGuEnz0GH3Ag/4uD5V0Pws=
 * -----END CERTIFICATE-----`;
 * const key = `-----BEGIN PRIVATE KEY-----
 * MC4CAQAwBQYDK2VwBCIEIHPnNpw+fk33MG4KXzWpa/K+ZV8xo/+5chqD4IDJ+CG4
 * -----END PRIVATE KEY-----`;
 *
 * class ProtocolHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.wfile.write(this.request.tls?.alpnProtocol ?? "none");
 *   }
 * }
 *
 * await using server = new AsyncTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   ProtocolHandler,
 *   { tls: { cert, key, alpnProtocols: ["line/1"] } },
 * );
 * const handled = server.handleRequest();
 * const client = await Deno.connectTls({
 *   hostname: "localhost",
 *   port: server.serverAddress.port,
 *   caCerts: [cert],
 *   alpnProtocols: ["line/1"],
 * });
 * assertEquals(await new Response(client.readable).text(), "line/1");
 * await handled;
 * ```
 */
export interface TlsOptions extends TlsAcceptorOptions {
  /**
   * How long a handshake may take, in seconds; `null` for ever.
   *
   * @default {10}
   */
  readonly handshakeTimeout?: number | null;
  /**
   * What does TLS: `Deno.listenTls()`, or `node:tls` over Deno's connections.
   *
   * @default {"deno"} where it can do what the options ask for, `"node"` elsewhere.
   */
  readonly carrier?: TlsCarrier;
}

/** What does TLS: `Deno.listenTls()`, or `node:tls` over Deno's connections. */
export type TlsCarrier = "deno" | "node";

/** How a server speaks TLS, its certificates apart. */
export interface TlsSettings {
  /** What does TLS. */
  readonly carrier: TlsCarrier;
  /** How long a handshake may take, in seconds; `null` for ever. */
  readonly handshakeTimeout: number | null;
  /** The protocols that may be agreed on by ALPN, the dearest first. */
  readonly alpnProtocols: readonly string[];
  /** Whether clients need a certificate. */
  readonly clientCertificate: "none" | "optional" | "required";
}

/** What a server has that TLS has to stand on. */
export interface TlsGround {
  /** Whether it was given a socket. */
  readonly socket: boolean;
  /** Whether a header comes before the handshake. */
  readonly proxyProtocol: boolean;
}

/**
 * Checks the `tls` option, its certificates apart, and chooses the carrier.
 *
 * @throws {TypeError} If it has the wrong type, or the carrier cannot do it.
 * @throws {RangeError} If a number is out of range.
 */
export function checkedTls(
  options: TlsOptions | undefined,
  ground: TlsGround,
): TlsSettings | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== "object" || options === null) {
    throw wrongOption("tls must be an object that has cert and key", options);
  }
  checkTexts(options);
  const { alpnProtocols = [], ca, handshakeTimeout = 10 } = options;
  const { clientCertificate = ca === undefined ? "none" : "required" } =
    options;
  checkTimeLimits({ "tls.handshakeTimeout": handshakeTimeout });
  if (ca === undefined && options.clientCertificate !== undefined) {
    throw wrongOption("tls.ca must say whose certificates are believed", ca);
  }
  return Object.freeze({
    carrier: carrierFor(options, ground),
    handshakeTimeout,
    alpnProtocols: Object.freeze([...alpnProtocols]),
    clientCertificate,
  });
}

function checkTexts(options: TlsOptions): void {
  const { alpnProtocols = [], ca, carrier, cert, clientCertificate } = options;
  if (!isText(cert)) {
    throw wrongOption("tls.cert must be a text in PEM format", cert);
  }
  if (!isText(options.key)) {
    const rule = "tls.key must be a text in PEM format";
    throw new TypeError(`Cannot create the server as ${rule}`); // it is a secret
  }
  if (!Array.isArray(alpnProtocols) || !alpnProtocols.every(isProtocol)) {
    const rule = "tls.alpnProtocols must be a list of names of 1 to 255 bytes";
    throw wrongOption(rule, alpnProtocols);
  }
  if (ca !== undefined && !isText(ca) && !areTexts(ca)) {
    throw wrongOption("tls.ca must be certificates in PEM format", ca);
  }
  checkChoice("clientCertificate", clientCertificate, "required", "optional");
  checkChoice("carrier", carrier, "deno", "node");
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** TLS has one byte for how long a name is (RFC 7301, 3.1). */
function isProtocol(value: unknown): boolean {
  return isText(value) && new TextEncoder().encode(value).length < 256;
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isText);
}

function checkChoice(name: string, value: unknown, ...choices: string[]): void {
  if (value === undefined || choices.some((choice) => choice === value)) return;
  const listed = choices.map((choice) => `"${choice}"`).join(" or ");
  throw wrongOption(`tls.${name} must be ${listed}`, value);
}

function carrierFor(options: TlsOptions, ground: TlsGround): TlsCarrier {
  const reasons = {
    "tls.ca": options.ca !== undefined,
    "tls.serverNames": options.serverNames !== undefined,
    proxyProtocol: ground.proxyProtocol,
    socket: ground.socket,
  };
  const [reason] = Object.entries(reasons).find(([, asks]) => asks) ?? [];
  if (reason === undefined) return options.carrier ?? "deno";
  if (options.carrier !== "deno") return "node";
  throw wrongOption(
    `tls.carrier must be "node" where there is ${reason}`,
    "deno",
  );
}
