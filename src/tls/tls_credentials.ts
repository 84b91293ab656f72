/** A certificate and its key, as PEM text. */
export interface TlsCredentials {
  /** The certificate; those between it and the root come after it. */
  readonly cert: string;
  /** The private key of the certificate, which is not encrypted. */
  readonly key: string;
}

/** The certificates of a server, which may be replaced while it serves. */
export interface TlsCertificates extends TlsCredentials {
  /**
   * Further certificates, by the name of the server that a client asks for, or by
   * `*.` and a domain. Who asks for another name, or none, gets the first one.
   *
   * @default {{}}
   */
  readonly serverNames?: Readonly<Record<string, TlsCredentials>>;
}

/** Options for {@linkcode TlsAcceptor}. */
export interface TlsAcceptorOptions extends TlsCertificates {
  /**
   * The protocols that may be agreed on by ALPN (RFC 7301), the dearest first. A
   * client that offers others alone is refused.
   *
   * @default {[]}
   */
  readonly alpnProtocols?: readonly string[];
  /**
   * Whose certificates of clients are believed, as PEM text. Without it, clients
   * are not asked for any.
   *
   * @default {undefined}
   */
  readonly ca?: string | readonly string[];
  /**
   * Whether a client needs a certificate, where there is a `ca`. One that cannot
   * be believed, or is out of date, is refused either way.
   *
   * @default {"required"}
   */
  readonly clientCertificate?: "required" | "optional";
}
