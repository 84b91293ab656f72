/** Why a listener gives a connection up: it is too slow, or has lost its place. */
export type GivenUp = "late" | "displaced";

/** What a new connection is asked for before it counts as accepted. */
export interface Handshake {
  /** How long it may take, in milliseconds; `null` for ever. */
  readonly limit: number | null;
  /**
   * Asks a connection, which is closed if this fails.
   *
   * @returns What is accepted; `null` if the client has gone without a word.
   * @throws {Error} If the client breaks the rules.
   */
  ask(connection: Deno.Conn): Promise<Deno.Conn | null>;
  /** Makes the error of a connection that has been given up. */
  failure(connection: Deno.Conn, reason: GivenUp): Error;
}
