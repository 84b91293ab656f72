/** A certificate and its key, as PEM text. */
export interface TlsCredentials {
  /** The certificate; those between it and the root come after it. */
  readonly cert: string;
  /** The private key of the certificate. */
  readonly key: string;
}

/** The certificates of a server, which may be replaced while it serves. */
export interface TlsCertificates extends TlsCredentials {
  /**
   * Further certificates, by the name of the server that a client asks for, or by
   * `*.` and a domain. Who asks for another name, or none, gets the first one.
   */
  readonly serverNames?: Readonly<Record<string, TlsCredentials>>;
}

/** What the second carrier of TLS is made with. */
export interface TlsAcceptorOptions extends TlsCertificates {
  /** The protocols that may be agreed on by ALPN, the dearest first. */
  readonly alpnProtocols?: readonly string[];
  /** Whose certificates of clients are believed, as PEM text. */
  readonly ca?: string | readonly string[];
  /**
   * Whether a client needs a certificate: `"required"` is the default where
   * there is a `ca`. One that cannot be believed is refused either way.
   */
  readonly clientCertificate?: "required" | "optional";
}
