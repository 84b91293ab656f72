import { noteOrigin } from "../streams/error_origin.ts";
import { withinTimeLimit } from "../streams/time_limit.ts";
import type { StreamRequest } from "../types.ts";
import type { TlsAcceptorOptions, TlsCertificates } from "./tls_credentials.ts";
import { TlsConnection } from "./tls_connection.ts";
import { TlsContexts } from "./tls_contexts.ts";
import { cutOffError, refusedError } from "./tls_errors.ts";
import {
  type SecureContext,
  tlsModule,
  type TlsSocket,
} from "./tls_modules.ts";
import { createTlsTransport, type TlsTransport } from "./tls_transport.ts";

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
  readonly #ca: TlsAcceptorOptions["ca"];
  readonly #server: import("node:tls").Server;
  #contexts: TlsContexts;

  /**
   * Creates an instance.
   *
   * @param options The certificates, and what is agreed on with clients.
   * @throws {TypeError} If a certificate or a key cannot be used.
   */
  constructor(options: TlsAcceptorOptions) {
    const { alpnProtocols, ca, clientCertificate, serverNames } = options;
    this.#ca = ca;
    this.#contexts = new TlsContexts(options, ca);
    this.#server = tlsModule("node:tls").createServer({
      ...this.#contexts.options,
      requestCert: ca !== undefined,
      rejectUnauthorized: clientCertificate !== "optional",
      handshakeTimeout: -1, // none: its timer would outlive the connection
      ...alpnProtocols && { ALPNProtocols: [...alpnProtocols] },
      ...serverNames && {
        SNICallback: (
          name: string,
          done: (error: null, context?: SecureContext) => void,
        ) => done(null, this.#contexts.find(name)),
      },
    });
  }

  /**
   * Replaces all certificates: connections from now on see the new ones, and those
   * that are there stay as they are. Server names have certificates of their own
   * only if some had any when this object was made.
   *
   * @param certificates The new ones, all of them.
   * @throws {TypeError} If a certificate or a key cannot be used; then the former
   * ones stay.
   */
  replace(certificates: TlsCertificates): void {
    this.#contexts = new TlsContexts(certificates, this.#ca);
    this.#server.setSecureContext(this.#contexts.options);
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
    const { promise, resolve, reject } = Promise.withResolvers<
      TlsConnection | null
    >();
    const transport = createTlsTransport(connection, {
      onEnd: () =>
        transport.spoken ? reject(cutOffError("accept")) : resolve(null),
      onFailure: reject,
    });
    this.#begin(transport, {
      // At once: what comes next is the connection's, be it the end.
      onSecure: (socket) => {
        const certificate = this.#certificateOf(socket);
        // Without one a client is here only where none is required.
        if (certificate !== null && !socket.authorized) {
          return reject(refusedError(socket.authorizationError));
        }
        resolve(new TlsConnection(connection, transport, socket, certificate));
      },
      onFailure: (error) => reject(refusedError(error)),
    });
    try {
      const secured = await (timeout === null ? promise : withinTimeLimit(
        promise,
        timeout,
        "do the TLS handshake",
        connection,
      ));
      if (secured === null) {
        transport.destroy();
      }
      return secured;
    } catch (error) {
      noteOrigin(error, connection);
      transport.destroy(); // what it still has to tell the client is told
      throw error;
    }
  }

  /**
   * Hands a connection to the server. What is told of it is told to an object of
   * its own, as nothing in it says of which connection it is.
   */
  #begin(
    transport: TlsTransport,
    told: {
      onSecure(socket: TlsSocket): void;
      onFailure(error: Error): void;
    },
  ): void {
    const emit = (event: string, value: TlsSocket | Error) => {
      if (event === "secureConnection") told.onSecure(value as TlsSocket);
      if (event === "tlsClientError") told.onFailure(value as Error);
    };
    const own = Object.create(this.#server, { emit: { value: emit } });
    Reflect.apply(this.#server.emit, own, ["connection", transport]);
  }

  /** The client's certificate, if it was asked for one and has one. */
  #certificateOf(socket: TlsSocket): Uint8Array | null {
    if (this.#ca === undefined) return null;
    const certificate = socket.getPeerX509Certificate();
    // A copy: of Node's Buffer, the whole pool might be sent to a Worker.
    return certificate === undefined ? null : new Uint8Array(certificate.raw);
  }
}
