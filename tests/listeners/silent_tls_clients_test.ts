import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  type RefusalReason,
  type ServerConstructor,
  TCPServer,
  type TlsCarrier,
  TlsHandshakeError,
} from "@socketserver/socketserver";
import { countSockets } from "../fixtures/descriptors.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TlsServer } from "../fixtures/tls_server.ts";
import { until } from "../fixtures/until.ts";
import { TlsAuthority, tlsTest } from "../tls/tls_authority.ts";

// Clients that connect to a TLS port, and never speak.

const LIMIT_MS = 30_000;
const COUNT = 500;
const CLASSES = [TCPServer, AsyncTCPServer] as ServerConstructor[];

/** Clients that hold their connections. */
class SilentClients implements Disposable {
  readonly #open: Deno.TcpConn[] = [];

  async add(server: TlsServer, count: number): Promise<void> {
    for (let i = 0; i < count; i++) this.#open.push(await server.connect());
  }

  /** Waits until each has been told that the connection is over. */
  async told(): Promise<void> {
    const ends = this.#open.map((client) =>
      client.read(new Uint8Array(1)).then(
        (count) => assertEquals(count, null),
        (error) => assertInstanceOf(error, Deno.errors.ConnectionReset),
      )
    );
    await deadline(Promise.all(ends), LIMIT_MS);
  }

  /** The first ones go. */
  go(count = this.#open.length): void {
    for (const client of this.#open.splice(0, count)) client.close();
  }

  [Symbol.dispose](): void {
    this.go();
  }
}

for (const Server of CLASSES) {
  for (const carrier of ["deno", "node"] satisfies TlsCarrier[]) {
    Deno.test(needing(["openssl"], {
      name:
        `${Server.name} serves among ${COUNT} silent TLS clients of the carrier "${carrier}"`,
      ignore: Deno.build.os !== "linux",
      async fn() {
        using authority = await TlsAuthority.create();
        const { cert, key } = await authority.issue("server.test");
        const before = countSockets();
        await using server = new TlsServer(
          { tls: { cert, key, carrier, handshakeTimeout: 1 } },
          Server,
        );
        using clients = new SilentClients();
        await clients.add(server, COUNT);
        await server.ask(authority.own.cert); // which none of them holds up
        assertInstanceOf(await server.record.nth(1), TlsHandshakeError);
        if (carrier === "node") await clients.told();
        await server.ask(authority.own.cert);
        clients.go();
        // The server's own, and what the platform still does away with.
        await until(() => countSockets() <= before + 1);
      },
    }));
  }
}

tlsTest(
  "TCPServer counts silent TLS clients in maxActiveRequests until they go",
  async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    await using server = new TlsServer({
      tls: { cert, key, carrier: "deno", handshakeTimeout: 1 },
      maxActiveRequests: 1,
    });
    await using other = new TlsServer({ tls: { cert, key } });
    using clients = new SilentClients();
    await clients.add(server, 1);
    await givenUp(server);
    await clients.add(server, 1); // the server waits for one already
    const log: string[] = [];
    const asked = server.ask(authority.own.cert).then(() => log.push("served"));
    for (let i = 0; i < 3; i++) await other.ask(authority.own.cert);
    log.push("they go");
    clients.go();
    await deadline(asked, LIMIT_MS);
    assertEquals(log, ["they go", "served"]);
  },
);

tlsTest(
  "TCPServer counts silent TLS clients in maxRequestsPerClient",
  async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    await using server = new TlsServer({
      tls: { cert, key, carrier: "deno", handshakeTimeout: 1 },
      maxRequestsPerClient: 1,
    });
    const refused = Promise.withResolvers<RefusalReason>();
    server.server.handleRefusal = (_request, _address, reason) => {
      refused.resolve(reason);
    };
    using clients = new SilentClients();
    await clients.add(server, 1);
    await givenUp(server);
    await server.ask(authority.own.cert).catch(() => {});
    const reason = await deadline(refused.promise, LIMIT_MS);
    assertEquals(reason, "maxRequestsPerClient");
    clients.go();
    let told = null;
    for (let i = 0; told === null && i < 100; i++) { // until it is known
      told = await server.ask(authority.own.cert).catch(() => null);
    }
    assert(told !== null);
  },
);

/** Waits for the report of a client that is given up. */
async function givenUp(server: TlsServer): Promise<void> {
  const error = await server.record.nth(1);
  assertInstanceOf(error, TlsHandshakeError);
  server.record.take();
}

tlsTest(
  "TCPServer closes whom it has given up when it is closed itself",
  async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    using clients = new SilentClients();
    {
      await using server = new TlsServer({
        tls: { cert, key, carrier: "deno", handshakeTimeout: 0.02 },
      });
      await clients.add(server, 1);
      await givenUp(server);
      await clients.add(server, 1);
    } // the test's sanitizer knows of whatever is left
  },
);
