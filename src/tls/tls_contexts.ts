import { checkCertificates } from "./check_certificates.ts";
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
    checkCertificates(certificates, ca);
    this.options = optionsOf(certificates, ca);
    for (const [name, own] of Object.entries(certificates.serverNames ?? {})) {
      // Each has the authorities, too: else it would believe any client.
      const context = tlsModule("node:tls").createSecureContext(
        optionsOf(own, ca),
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

function optionsOf(credentials: TlsCredentials, ca: Authorities) {
  const { cert, key } = credentials;
  if (ca === undefined) return { cert, key };
  return { cert, key, ca: typeof ca === "string" ? ca : [...ca] };
}
