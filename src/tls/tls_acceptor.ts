import { noteOrigin } from "../streams/error_origin.ts";
import { withinTimeLimit } from "../streams/time_limit.ts";
import type { StreamRequest } from "../types.ts";
import { ServerHandshake } from "./server_handshake.ts";
import type { TlsConnection } from "./tls_connection.ts";
import type { TlsAcceptorOptions, TlsCertificates } from "./tls_credentials.ts";
import { TlsServers } from "./tls_servers.ts";

/**
 * Makes TLS connections, the server's ends, of connections that are there.
 *
 * One acceptor serves any number of connections.
 *
 * @example A certificate that is replaced while it is used
 * ```ts
 * import { TlsAcceptor } from "@socketserver/socketserver/tls";
 * import { assertEquals } from "@std/assert";
 *
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
 * const acceptor = new TlsAcceptor({ cert, key });
 * acceptor.replace({ cert, key }); // read again from their files
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const [client, server] = await Promise.all([
 *   Deno.connectTls({
 *     hostname: "localhost",
 *     port: listener.addr.port,
 *     caCerts: [cert],
 *   }),
 *   listener.accept().then((connection) => acceptor.accept(connection, 10)),
 * ]);
 * assertEquals(server?.tls.serverName, "localhost");
 * server?.close();
 * client.close();
 * ```
 */
export class TlsAcceptor {
  readonly #options: TlsAcceptorOptions;
  #servers: TlsServers;

  /**
   * Creates an instance.
   *
   * @param options The certificates, and what is agreed on with clients.
   * @throws {TypeError} If a certificate or a key cannot be used.
   */
  constructor(options: TlsAcceptorOptions) {
    this.#options = { ...options };
    this.#servers = new TlsServers(options, options);
  }

  /**
   * Replaces all certificates: connections from now on see the new ones, and those
   * that are there stay as they are.
   *
   * @param certificates The new ones, all of them.
   * @throws {TypeError} If a certificate or a key cannot be used; then the former
   * ones stay.
   */
  replace(certificates: TlsCertificates): void {
    this.#servers = new TlsServers(certificates, this.#options);
  }

  /**
   * Does the handshake. To give it up, close the connection; if it fails, the
   * connection is still to be closed.
   *
   * @param connection The connection, of which nobody else reads; no read of it
   * may be under way.
   * @param timeout How long it may take, in seconds; by default for ever.
   * @returns The TLS connection; `null` if the client has gone without a word.
   * @throws {Deno.errors.InvalidData} If the client breaks the rules of TLS, or
   * has no certificate that can be believed.
   * @throws {Deno.errors.UnexpectedEof} If the client goes in the middle of it.
   * @throws {Deno.errors.TimedOut} If it takes longer than `timeout`.
   */
  async accept(
    connection: StreamRequest,
    timeout: number | null = null,
  ): Promise<TlsConnection | null> {
    const { ca } = this.#options;
    const handshake = new ServerHandshake(connection, ca !== undefined);
    const secured = handshake.run(this.#servers);
    try {
      return await (timeout === null ? secured : withinTimeLimit(
        secured,
        timeout,
        "do the TLS handshake",
        connection,
      ));
    } catch (error) {
      noteOrigin(error, connection);
      handshake.giveUp();
      throw error;
    }
  }
}
