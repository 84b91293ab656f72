import type { StreamRequest } from "../types.ts";
import { readClientHello } from "./client_hello.ts";
import { TlsConnection } from "./tls_connection.ts";
import { cutOffError, refusedError } from "./tls_errors.ts";
import type { TlsSocket } from "./tls_modules.ts";
import type { TlsServer, TlsServers } from "./tls_servers.ts";
import { createTlsTransport, type TlsTransport } from "./tls_transport.ts";

/** The server's part in one handshake. */
export class ServerHandshake {
  readonly #connection: StreamRequest;
  readonly #asksForCertificate: boolean;
  #transport: TlsTransport | null = null;
  #givenUp = false;

  constructor(connection: StreamRequest, asksForCertificate: boolean) {
    this.#connection = connection;
    this.#asksForCertificate = asksForCertificate;
  }

  /** Does it; resolves to `null` if the client has gone without a word. */
  async run(servers: TlsServers): Promise<TlsConnection | null> {
    // node:tls takes 0.15 ms to begin, which no silent client is worth.
    const { bytes, serverName } = await readClientHello(this.#connection);
    if (this.#givenUp || bytes.length === 0) return null;
    const { promise, resolve, reject } = Promise.withResolvers<
      TlsConnection | null
    >();
    const transport = createTlsTransport(this.#connection, bytes, {
      onEnd: () => reject(cutOffError("accept")),
      onFailure: reject,
    });
    this.#transport = transport;
    begin(servers.find(serverName), transport, {
      // At once: what comes next is the connection's, be it the end.
      onSecure: (socket) => {
        const certificate = this.#certificateOf(socket);
        // Without one a client is here only where none is required.
        if (certificate !== null && !socket.authorized) {
          return reject(refusedError(socket.authorizationError));
        }
        resolve(
          new TlsConnection(this.#connection, transport, socket, certificate),
        );
      },
      onFailure: (error) => reject(refusedError(error)),
    });
    return await promise;
  }

  /** Ends it: what it still has to tell the client is told. */
  giveUp(): void {
    this.#givenUp = true;
    this.#transport?.destroy();
  }

  /** The client's certificate, if it was asked for one and has one. */
  #certificateOf(socket: TlsSocket): Uint8Array | null {
    if (!this.#asksForCertificate) return null;
    const certificate = socket.getPeerX509Certificate();
    // A copy: of Node's Buffer, the whole pool might be sent to a Worker.
    return certificate === undefined ? null : new Uint8Array(certificate.raw);
  }
}

/**
 * Hands a connection to a server. What is told of it is told to an object of its
 * own, as nothing in it says of which connection it is.
 */
function begin(
  server: TlsServer,
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
  const own = Object.create(server, { emit: { value: emit } });
  Reflect.apply(server.emit, own, ["connection", transport]);
}
