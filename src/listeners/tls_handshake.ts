import { toMilliseconds } from "../streams/time_limit.ts";
import type { TlsAcceptor } from "../tls/tls_acceptor.ts";
import type { StreamRequest } from "../types.ts";
import type { GivenUp, Handshake } from "./handshake.ts";
import { lateHandshake, orGone } from "./tls_failures.ts";

/** Does the TLS handshake with connections, by `node:tls`. */
export class TlsHandshake implements Handshake {
  readonly limit: number | null;
  readonly #timeout: number | null;
  readonly #acceptor: TlsAcceptor;

  /** @param timeout How long it may take, in seconds; `null` for ever. */
  constructor(acceptor: TlsAcceptor, timeout: number | null) {
    this.#acceptor = acceptor;
    this.#timeout = timeout;
    this.limit = timeout === null ? null : toMilliseconds(timeout);
  }

  async ask(connection: Deno.Conn): Promise<Deno.Conn | null> {
    sendAtOnce(connection);
    try {
      return await this.#acceptor.accept(connection);
    } catch (error) {
      return orGone(connection, error);
    }
  }

  failure(connection: Deno.Conn, reason: GivenUp): Error {
    return lateHandshake(connection, reason, this.#timeout);
  }
}

/** A record in two writes would wait 40 ms for the client's acknowledgement. */
function sendAtOnce(connection: Partial<StreamRequest>): void {
  try {
    connection.setNoDelay?.();
  } catch {
    // On macOS this fails if the client has gone: the handshake will tell.
  }
}
