import { checkCertificates } from "../tls/check_certificates.ts";
import type { TlsAcceptor } from "../tls/tls_acceptor.ts";
import type { TlsCertificates } from "../tls/tls_credentials.ts";
import type { TlsOptions } from "./tls_options.ts";

/**
 * The certificates of a server, whose carrier may not have been loaded yet. They
 * are copies: what becomes of the objects they came in is of no concern.
 */
export class ServerCertificates {
  /** Whose certificates of clients are believed. */
  readonly ca: TlsOptions["ca"];
  #current: TlsCertificates;
  #acceptor: TlsAcceptor | null = null;

  /** Creates an instance with some that have been checked. */
  constructor({ ca, ...first }: TlsOptions) {
    this.ca = typeof ca === "object" ? [...ca] : ca;
    this.#current = copyOf(first);
  }

  /** Those that new clients see. */
  get current(): TlsCertificates {
    return this.#current;
  }

  /**
   * Replaces them.
   *
   * @throws {TypeError} If one cannot be used; then the former ones stay.
   */
  replace(next: TlsCertificates): void {
    if (this.#acceptor === null) checkCertificates(next);
    else this.#acceptor.replace(next); // which checks them
    this.#current = copyOf(next);
  }

  /** Has what shows them to clients follow. */
  follow(acceptor: TlsAcceptor): void {
    this.#acceptor = acceptor;
  }
}

function copyOf({ cert, key, serverNames }: TlsCertificates): TlsCertificates {
  return structuredClone({ cert, key, ...serverNames && { serverNames } });
}
