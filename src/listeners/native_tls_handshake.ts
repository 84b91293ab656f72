import { toMilliseconds } from "../streams/time_limit.ts";
import type { TlsInfo } from "../types.ts";
import type { GivenUp, Handshake } from "./handshake.ts";
import { lateHandshake, orGone } from "./tls_failures.ts";

/** Waits for the TLS handshake of connections of `Deno.listenTls()`. */
export class NativeTlsHandshake implements Handshake {
  readonly limit: number | null;
  readonly #timeout: number | null;

  /** @param timeout How long it may take, in seconds; `null` for ever. */
  constructor(timeout: number | null) {
    this.#timeout = timeout;
    this.limit = timeout === null ? null : toMilliseconds(timeout);
  }

  async ask(connection: Deno.Conn): Promise<Deno.Conn | null> {
    try {
      const { alpnProtocol } = await (connection as Deno.TlsConn).handshake();
      const tls: TlsInfo = {
        alpnProtocol,
        serverName: null,
        peerCertificate: null,
      };
      return Object.assign(connection, { tls });
    } catch (error) {
      return orGone(connection, error);
    }
  }

  failure(connection: Deno.Conn, reason: GivenUp): Error {
    return lateHandshake(connection, reason, this.#timeout);
  }
}
