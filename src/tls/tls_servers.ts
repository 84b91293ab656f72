import { inspected } from "../inspected.ts";
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
    this.#first = serverOf(certificates, options, "tls");
    for (const [name, own] of Object.entries(certificates.serverNames ?? {})) {
      const label = `tls.serverNames[${inspected(name)}]`;
      this.#byName.set(name.toLowerCase(), serverOf(own, options, label));
    }
  }

  /** Whether the server depends on the name. */
  get haveNames(): boolean {
    return this.#byName.size > 0;
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
  credentials: TlsCredentials,
  { alpnProtocols, ca, clientCertificate }: CommonOptions,
  label: string,
): TlsServer {
  checkCredentials(credentials, label);
  const { cert, key } = credentials;
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

/** @throws {TypeError} If one of them cannot be read, or they are no pair. */
function checkCredentials({ cert, key }: TlsCredentials, name: string): void {
  const { X509Certificate, createPrivateKey } = tlsModule("node:crypto");
  const certificate = parse(
    () => new X509Certificate(cert),
    `${name}.cert must be a certificate in PEM format: current value is ${
      inspected(cert)
    }`,
  );
  // A message that shows the key would put it into logs.
  const privateKey = parse(
    () => createPrivateKey(key),
    `${name}.key must be a key in PEM format: its value is kept secret`,
  );
  if (certificate.checkPrivateKey(privateKey)) return;
  throw new TypeError(
    `Cannot use TLS as ${name}.key must be the key of ${name}.cert: the certificate is that of ${
      inspected(certificate.subject)
    }`,
  );
}

function parse<T>(read: () => T, rule: string): T {
  try {
    return read();
  } catch (cause) {
    throw new TypeError(`Cannot use TLS as ${rule}`, { cause });
  }
}
