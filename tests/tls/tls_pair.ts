import { TlsAcceptor } from "../../src/tls/tls_acceptor.ts";
import type { TlsConnection } from "../../src/tls/tls_connection.ts";
import type { TlsAuthority } from "./tls_authority.ts";
import { TlsRelay } from "./tls_relay.ts";

const LOOPBACK = { hostname: "127.0.0.1", port: 0 };

/** The two ends of a TLS connection, with a relay between them. */
export class TlsPair implements Disposable {
  readonly server: TlsConnection;
  readonly client: Deno.TlsConn;
  readonly relay: TlsRelay;
  /** The connection below the server's end. */
  readonly below: Deno.TcpConn;
  readonly #taken: () => number;

  private constructor(
    server: TlsConnection,
    client: Deno.TlsConn,
    relay: TlsRelay,
    below: Deno.TcpConn,
    taken: () => number,
  ) {
    this.server = server;
    this.client = client;
    this.relay = relay;
    this.below = below;
    this.#taken = taken;
  }

  static async open(authority: TlsAuthority): Promise<TlsPair> {
    const acceptor = new TlsAcceptor(await authority.issue("one"));
    using listener = Deno.listen(LOOPBACK);
    using front = Deno.listen(LOOPBACK);
    const [raw, toServer, connection, toClient] = await Promise.all([
      Deno.connect({ port: front.addr.port }),
      Deno.connect({ port: listener.addr.port }),
      listener.accept(),
      front.accept(),
    ]);
    const relay = new TlsRelay(toClient, toServer);
    let taken = 0;
    const { read } = connection;
    connection.read = async (buffer) => {
      const count = await read.call(connection, buffer);
      taken += count ?? 0;
      return count;
    };
    const [server, client] = await Promise.all([
      acceptor.accept(connection),
      startTls(raw, authority),
    ]);
    return new TlsPair(server!, client, relay, connection, () => taken);
  }

  /** How much the server has read from its connection, in bytes. */
  get taken(): number {
    return this.#taken();
  }

  /** Has the server read one byte. */
  read(): Promise<number | null> {
    return this.server.read(new Uint8Array(1));
  }

  /** Closes the ends that are still open. */
  [Symbol.dispose](): void {
    this.server[Symbol.dispose]();
    this.relay[Symbol.dispose]();
    try {
      this.client.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

async function startTls(
  raw: Deno.TcpConn,
  authority: TlsAuthority,
): Promise<Deno.TlsConn> {
  const caCerts = [authority.own.cert];
  const client = await Deno.startTls(raw, { hostname: "localhost", caCerts });
  await client.handshake();
  return client;
}
