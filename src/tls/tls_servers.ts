import { checkCertificates } from "./check_certificates.ts";
import type {
  TlsAcceptorOptions,
  TlsCertificates,
  TlsCredentials,
} from "./tls_credentials.ts";
import { tlsModule } from "./tls_modules.ts";

/** A server of `node:tls`, which never listens: it is handed connections. */
export type TlsServer = import("node:tls").Server;
/** What all of them have in common. */
type CommonOptions = Omit<TlsAcceptorOptions, keyof TlsCertificates>;

/**
 * The servers of `node:tls`, one for each certificate.
 *
 * That has a callback for the server's name instead. But with it Deno 2.9.6 never
 * frees a connection that ends before its client has said the name: 45 KB each.
 */
export class TlsServers {
  readonly #first: TlsServer;
  readonly #byName = new Map<string, TlsServer>();

  /**
   * Creates an instance.
   *
   * @throws {TypeError} If a certificate or a key cannot be used.
   */
  constructor(certificates: TlsCertificates, options: CommonOptions) {
    checkCertificates(certificates, options.ca);
    this.#first = serverOf(certificates, options);
    for (const [name, own] of Object.entries(certificates.serverNames ?? {})) {
      this.#byName.set(name.toLowerCase(), serverOf(own, options));
    }
  }

  /** The server for a client that asks for a name, or for none. */
  find(serverName: string | null): TlsServer {
    if (serverName === null) return this.#first;
    const name = serverName.toLowerCase();
    const domain = name.slice(name.indexOf("."));
    return this.#byName.get(name) ?? this.#byName.get(`*${domain}`) ??
      this.#first;
  }
}

function serverOf(
  { cert, key }: TlsCredentials,
  { alpnProtocols, ca, clientCertificate }: CommonOptions,
): TlsServer {
  return tlsModule("node:tls").createServer({
    cert,
    key,
    ...ca !== undefined && { ca: typeof ca === "string" ? ca : [...ca] },
    requestCert: ca !== undefined,
    rejectUnauthorized: clientCertificate !== "optional",
    handshakeTimeout: -1, // none: its timer would outlive the connection
    ...alpnProtocols && { ALPNProtocols: [...alpnProtocols] },
  });
}
