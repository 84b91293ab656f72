import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type AnyServer,
  AsyncTCPServer,
  type ServerConstructor,
  TCPServer,
  type TlsCertificates,
  TlsHandshakeError,
} from "@socketserver/socketserver";
import { TlsServer, toldTo } from "../fixtures/tls_server.ts";
import { TlsAuthority, tlsTest } from "../tls/tls_authority.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };

tlsTest(
  "TCPServer serves only clients whose certificate it believes",
  async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    using other = await TlsAuthority.create();
    await using server = new TlsServer({
      tls: { cert, key, ca: authority.own.cert },
    });
    const connect = (client?: { cert: string; key: string }) =>
      Deno.connectTls({
        ...ADDRESS,
        port: server.port,
        caCerts: [authority.own.cert],
        ...client && { cert: client.cert, key: client.key },
      });
    const refused = {
      none: undefined,
      foreign: await other.issue("client.test"),
      expired: await authority.issue("late.test", -1),
    };
    for (const certificate of Object.values(refused)) {
      using client = await connect(certificate);
      await assertRejects(() => toldTo(client));
      assertInstanceOf(await server.record.nth(1), TlsHandshakeError);
    }
    assertEquals(server.server.stats.accepted, 0);
    using client = await connect(await authority.issue("client.test"));
    assertEquals((await toldTo(client)).serverName, null);
  },
);

tlsTest(
  "TCPServer has a certificate for each server name",
  async (authority) => {
    const { cert, key } = await authority.issue("one.test");
    using other = await TlsAuthority.create();
    await using server = new TlsServer({
      tls: {
        cert,
        key,
        serverNames: { "localhost": await other.issue("two.test") },
      },
    });
    await server.ask(authority.own.cert); // by its address
    using client = await Deno.connectTls({
      hostname: "localhost",
      port: server.port,
      caCerts: [other.own.cert],
    });
    assertEquals((await toldTo(client)).serverName, "localhost");
  },
);

tlsTest(
  "TCPServer.replaceCertificates() fails no client while it serves",
  async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    using other = await TlsAuthority.create();
    const next = await other.issue("server.test");
    await using server = new TlsServer(
      { tls: { cert, key, carrier: "node" } },
      AsyncTCPServer as ServerConstructor,
    );
    const caCerts = [authority.own.cert, other.own.cert];
    using old = await Deno.connectTls({
      ...ADDRESS,
      port: server.port,
      caCerts,
    });
    await old.handshake();
    let asking = true;
    let answers = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (asking) {
        using client = await Deno.connectTls({
          ...ADDRESS,
          port: server.port,
          caCerts,
        });
        await toldTo(client);
        answers++;
      }
    });
    for (const certificates of [next, { cert, key }, next]) {
      const after = answers + 20;
      while (answers < after) await server.ask(caCerts[0]!).catch(() => {});
      (server.server as AnyServer & TCPServer).replaceCertificates(
        certificates,
      );
    }
    await server.ask(other.own.cert); // a new client sees the new one
    await assertRejects(() => server.ask(authority.own.cert));
    asking = false;
    await deadline(Promise.all(load), LIMIT_MS);
    await toldTo(old);
  },
);

tlsTest(
  "TCPServer.replaceCertificates() refuses what cannot be used",
  async (authority) => {
    const one = await authority.issue("one.test");
    const two = await authority.issue("two.test");
    await using server = new TCPServer(ADDRESS, () => {}, {
      tls: { cert: one.cert, key: one.key, carrier: "node" },
    });
    assertThrows(
      () => server.replaceCertificates({ cert: one.cert, key: two.key }),
      TypeError,
      "Cannot use TLS as tls.key must be the key of tls.cert",
    );
    const nonsense: [unknown, string][] = [
      [undefined, "tls.cert must be a certificate"],
      [null, "tls.cert must be a certificate"],
      [
        { ...one, serverNames: null },
        "tls.serverNames must have a certificate",
      ],
    ];
    for (const [certificates, rule] of nonsense) {
      assertThrows(
        () => server.replaceCertificates(certificates as TlsCertificates),
        TypeError,
        `Cannot use TLS as ${rule}`,
      );
    }
    await using first = new TCPServer(ADDRESS, () => {}, {
      tls: { cert: one.cert, key: one.key },
    });
    assertThrows(
      () => first.replaceCertificates(one),
      Deno.errors.NotSupported,
      'Cannot replace the certificates as tls.carrier must be "node": current value is "deno"',
    );
  },
);

tlsTest(
  "TCPServer.replaceCertificates() replaces all of them, also before a first client",
  async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    const serverNames = { localhost: await authority.issue("two.test") };
    using other = await TlsAuthority.create();
    const next = await other.issue("server.test");
    await using server = new TlsServer({ tls: { cert, key, serverNames } });
    (server.server as AnyServer & TCPServer).replaceCertificates(next);
    using client = await Deno.connectTls({
      hostname: "localhost",
      port: server.port,
      caCerts: [other.own.cert],
    });
    await toldTo(client);
  },
);
