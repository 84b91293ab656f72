import type { TlsAcceptor } from "../tls/tls_acceptor.ts";
import type { TlsCertificates } from "../tls/tls_credentials.ts";

/** The certificates of a server, whose carrier may not have been loaded yet. */
export class ServerCertificates {
  #current: TlsCertificates;
  #acceptor: TlsAcceptor | null = null;

  constructor(first: TlsCertificates) {
    this.#current = first;
  }

  /** Those that new clients see. */
  get current(): TlsCertificates {
    return this.#current;
  }

  /** Replaces them: by some that have been checked. */
  replace(next: TlsCertificates): void {
    this.#acceptor?.replace(next);
    this.#current = next;
  }

  /** Has what shows them to clients follow. */
  follow(acceptor: TlsAcceptor): void {
    this.#acceptor = acceptor;
  }
}
