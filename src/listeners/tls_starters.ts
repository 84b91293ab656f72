import type { TlsAcceptor } from "../tls/tls_acceptor.ts";
import type { StreamRequest, TlsInfo } from "../types.ts";

/**
 * Starts TLS with a connection; resolves to the TLS connection when the handshake
 * is over, or to `null` if the client has gone without a word.
 */
export type TlsStarter = (connection: Deno.Conn) => Promise<Deno.Conn | null>;

/** Waits for the handshake of a connection of `Deno.listenTls()`. */
export async function startNativeTls(
  connection: Deno.Conn,
): Promise<Deno.Conn> {
  const { alpnProtocol } = await (connection as Deno.TlsConn).handshake();
  const tls: TlsInfo = {
    alpnProtocol,
    serverName: null,
    peerCertificate: null,
  };
  return Object.assign(connection, { tls });
}

/** Makes a starter that does the handshake by `node:tls`. */
export function startTlsBy(acceptor: TlsAcceptor): TlsStarter {
  return (connection) => {
    sendAtOnce(connection);
    return acceptor.accept(connection);
  };
}

/** A record in two writes would wait 40 ms for the client's acknowledgement. */
function sendAtOnce(connection: Partial<StreamRequest>): void {
  try {
    connection.setNoDelay?.();
  } catch {
    // On macOS this fails if the client has gone: the handshake will tell.
  }
}
