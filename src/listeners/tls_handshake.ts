import { toMilliseconds } from "../streams/time_limit.ts";
import type { GivenUp, Handshake } from "./handshake.ts";
import { lateHandshake, orGone } from "./tls_failures.ts";
import type { TlsStarter } from "./tls_starters.ts";

/** Does the TLS handshake with connections, whatever their carrier. */
export class TlsHandshake implements Handshake {
  readonly limit: number | null;
  readonly #timeout: number | null;
  readonly #start: TlsStarter;

  /**
   * Creates an instance.
   *
   * @param start Does it with one, as the carrier has it.
   * @param timeout How long it may take, in seconds; `null` for ever.
   */
  constructor(start: TlsStarter, timeout: number | null) {
    this.#start = start;
    this.#timeout = timeout;
    this.limit = timeout === null ? null : toMilliseconds(timeout);
  }

  async ask(connection: Deno.Conn): Promise<Deno.Conn | null> {
    try {
      return await this.#start(connection);
    } catch (error) {
      return orGone(connection, error);
    }
  }

  failure(connection: Deno.Conn, reason: GivenUp): Error {
    return lateHandshake(connection, reason, this.#timeout);
  }
}
