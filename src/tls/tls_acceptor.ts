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

/** Makes TLS connections, the server's ends, of connections that are there. */
export class TlsAcceptor {
  readonly #ca: TlsAcceptorOptions["ca"];
  readonly #server: import("node:tls").Server;
  #contexts: TlsContexts;

  /**
   * Creates an instance.
   *
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
        const error = this.#errorOf(socket);
        if (error !== null) reject(error);
        else resolve(new TlsConnection(connection, transport, socket));
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

  /** What is wrong with a client that has done its handshake. */
  #errorOf(socket: TlsSocket): Error | null {
    if (this.#ca === undefined || socket.authorized) return null;
    // Without a certificate it is here only where none is required.
    if (socket.getPeerX509Certificate() === undefined) return null;
    return refusedError(socket.authorizationError);
  }
}
