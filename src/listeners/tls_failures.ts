import { TlsHandshakeError } from "../errors.ts";
import type { GivenUp } from "./handshake.ts";
import { refusalMessage } from "./refusal_message.ts";

/**
 * Says what an error of a handshake means.
 *
 * @returns `null` if the client has gone, which is no error.
 * @throws {TlsHandshakeError} If it has broken the rules.
 */
export function orGone(connection: Deno.Conn, error: unknown): null {
  const hasGone = error instanceof Deno.errors.UnexpectedEof ||
    error instanceof Deno.errors.ConnectionReset ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.BrokenPipe;
  if (hasGone) return null;
  const { cause = error } = Object(error) as ErrorOptions; // what TLS itself says
  const said = cause instanceof Error ? cause.message : String(cause);
  throw refusal(connection, `its handshake has failed: ${said}`, cause);
}

/** Makes the error of a connection whose handshake has been given up. */
export function lateHandshake(
  connection: Deno.Conn,
  reason: GivenUp,
  timeout: number | null,
): TlsHandshakeError {
  return refusal(
    connection,
    reason === "late"
      ? `its handshake must be over within handshakeTimeout: current value is ${timeout} seconds`
      : "its handshake must be over before others need the place",
  );
}

function refusal(
  connection: Deno.Conn,
  rule: string,
  cause?: unknown,
): TlsHandshakeError {
  return new TlsHandshakeError(
    refusalMessage("a TLS connection", connection, rule),
    cause === undefined ? {} : { cause },
  );
}
