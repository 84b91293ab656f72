import { inspected } from "../inspected.ts";
import type {
  TlsAcceptorOptions,
  TlsCertificates,
  TlsCredentials,
} from "./tls_credentials.ts";
import { type SecureContext, tlsModule } from "./tls_modules.ts";

type Authorities = TlsAcceptorOptions["ca"];

/** The certificates of a server, checked and ready to be used. */
export class TlsContexts {
  /** The first one, as `node:tls` takes it. */
  readonly options: { cert: string; key: string; ca?: string | string[] };
  readonly #byName = new Map<string, SecureContext>();

  /**
   * Creates an instance.
   *
   * @param ca Whose certificates of clients are believed.
   * @throws {TypeError} If a certificate or a key cannot be used.
   */
  constructor(certificates: TlsCertificates, ca: Authorities) {
    this.options = optionsOf(certificates, ca, "tls");
    for (const [name, own] of Object.entries(certificates.serverNames ?? {})) {
      const label = `tls.serverNames[${inspected(name)}]`;
      // Each has the authorities, too: else it would believe any client.
      const context = tlsModule("node:tls").createSecureContext(
        optionsOf(own, ca, label),
      );
      this.#byName.set(name.toLowerCase(), context);
    }
  }

  /** The certificate of a name; `undefined` if it has none of its own. */
  find(serverName: string): SecureContext | undefined {
    const name = serverName.toLowerCase();
    const domain = name.slice(name.indexOf("."));
    return this.#byName.get(name) ?? this.#byName.get(`*${domain}`);
  }
}

function optionsOf(credentials: TlsCredentials, ca: Authorities, name: string) {
  checkCredentials(credentials, name);
  const { cert, key } = credentials;
  if (ca === undefined) return { cert, key };
  return { cert, key, ca: typeof ca === "string" ? ca : [...ca] };
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
