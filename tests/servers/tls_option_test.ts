import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type AnyServer,
  AsyncTCPServer,
  type ServerConstructor,
  type StreamRequest,
  StreamRequestHandler,
  TCPServer,
  type TCPServerOptions,
  type TlsCertificates,
  TlsHandshakeError,
  type TlsOptions,
  UDPServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TlsServer, toldTo } from "../fixtures/tls_server.ts";
import { TlsAuthority } from "../tls/tls_authority.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };
/** A certificate that is cut off. */
const BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n";
const CARRIERS = ["deno", "node"] as const;

/** Tests with certificates, which openssl makes. */
function test(name: string, fn: (f: TlsAuthority) => Promise<void>): void {
  Deno.test(needing(["openssl"], {
    name,
    async fn() {
      using authority = await TlsAuthority.create();
      await fn(authority);
    },
  }));
}

for (const carrier of CARRIERS) {
  test(`TCPServer reports who breaks the rules of TLS, by the carrier "${carrier}"`, async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    await using server = new TlsServer({ tls: { cert, key, carrier } });
    using client = await server.connect();
    await client.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
    const error = await server.record.nth(1);
    assertInstanceOf(error, TlsHandshakeError);
    assertStringIncludes(
      error.message,
      "Cannot accept a TLS connection from 127.0.0.1 as its handshake has failed: received corrupt message",
    );
    const { request, clientAddress } = server.record.reports[0]!;
    assertEquals([request, clientAddress], [undefined, undefined]);
    await server.ask(authority.own.cert);
    assertEquals(server.record.errors, [error]);
    assertEquals(server.server.stats.accepted, 1);
  });

  test(`TCPServer says nothing of who goes before TLS, by the carrier "${carrier}"`, async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    await using server = new TlsServer({ tls: { cert, key, carrier } });
    const hello = Uint8Array.of(22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3);
    for (const begun of [0, hello.length]) {
      const client = await server.connect();
      if (begun > 0) await client.write(hello);
      client.close();
      await server.ask(authority.own.cert);
    }
    assertEquals(server.record.errors, []);
  });

  test(`TCPServer reports who is late, by the carrier "${carrier}"`, async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    await using server = new TlsServer({
      tls: { cert, key, carrier, handshakeTimeout: 0.02 },
    });
    using _client = await server.connect();
    const { message } = await server.record.nth(1) as Error;
    assertEquals(
      message,
      "Cannot accept a TLS connection from 127.0.0.1 as its handshake must be over within handshakeTimeout: current value is 0.02 seconds",
    );
  });

  test(`AsyncTCPServer serves over TLS by the carrier "${carrier}" from handleRequest()`, async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    await using server = new AsyncTCPServer(
      ADDRESS,
      async (request) => {
        await request.write(
          new TextEncoder().encode(request.tls!.alpnProtocol!),
        );
      },
      { tls: { cert, key, carrier, alpnProtocols: ["a", "b"] } },
    );
    const handled = server.handleRequest();
    const client = await Deno.connectTls({
      ...ADDRESS,
      port: server.serverAddress.port,
      caCerts: [authority.own.cert],
      alpnProtocols: ["b"],
    });
    assertEquals(await new Response(client.readable).text(), "b");
    await handled;
  });
}

test("TCPServer serves only clients whose certificate it believes", async (authority) => {
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
});

test("TCPServer has a certificate for each server name", async (authority) => {
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
});

test("TCPServer.replaceCertificates() fails no client while it serves", async (authority) => {
  const { cert, key } = await authority.issue("server.test");
  using other = await TlsAuthority.create();
  const next = await other.issue("server.test");
  await using server = new TlsServer(
    { tls: { cert, key, carrier: "node" } },
    AsyncTCPServer as ServerConstructor,
  );
  const caCerts = [authority.own.cert, other.own.cert];
  using old = await Deno.connectTls({ ...ADDRESS, port: server.port, caCerts });
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
    (server.server as AnyServer & TCPServer).replaceCertificates(certificates);
  }
  await server.ask(other.own.cert); // a new client sees the new one
  await assertRejects(() => server.ask(authority.own.cert));
  asking = false;
  await deadline(Promise.all(load), LIMIT_MS);
  await toldTo(old);
});

test("TCPServer.replaceCertificates() refuses what cannot be used", async (authority) => {
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
    [{ ...one, serverNames: null }, "tls.serverNames must have a certificate"],
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
});

test("TCPServer.replaceCertificates() replaces all of them, also before a first client", async (authority) => {
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
});

for (const carrier of CARRIERS) {
  test(`TCPServer keeps the TLS that it was made with, by the carrier "${carrier}"`, async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    const tls = { cert, key, carrier, alpnProtocols: ["a"] };
    await using server = new TCPServer(
      ADDRESS,
      (request: StreamRequest) =>
        request.write(new TextEncoder().encode(request.tls!.alpnProtocol!)),
      { tls, bindAndActivate: false },
    );
    tls.key = tls.cert = "";
    tls.alpnProtocols.pop();
    server.serverBind();
    server.serverActivate();
    const handled = server.handleRequest();
    const client = await Deno.connectTls({
      ...ADDRESS,
      port: server.serverAddress.port,
      caCerts: [authority.own.cert],
      alpnProtocols: ["a"],
    });
    const answer = new Response(client.readable).text();
    assertEquals(await deadline(answer, LIMIT_MS), "a");
    await handled;
  });
}

for (const carrier of CARRIERS) {
  test(`TCPServer agrees on no protocol if it has none, by the carrier "${carrier}"`, async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    await using server = new TlsServer({
      tls: { cert, key, carrier, alpnProtocols: [] },
    });
    const told = await server.ask(authority.own.cert, { alpnProtocols: ["a"] });
    assertEquals(told.alpnProtocol, null);
  });
}

for (const Server of [TCPServer, AsyncTCPServer] as ServerConstructor[]) {
  test(`${Server.name} sees the client's address behind a proxy, over TLS`, async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    await using server = new TlsServer({
      tls: { cert, key },
      proxyProtocol: { trust: ["127.0.0.1"] },
    }, Server);
    const proxied = await server.connect();
    const header = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n";
    await proxied.write(new TextEncoder().encode(header));
    using client = await Deno.startTls(proxied, {
      hostname: "localhost",
      caCerts: [authority.own.cert],
    });
    const { client: seen, serverName } = await toldTo(client);
    assertEquals([seen.hostname, seen.port], ["192.0.2.1", 56324]);
    assertEquals(serverName, "localhost");
    assertEquals(server.record.errors, []);
  });
}

test("TCPServer speaks TLS over a socket that it was given", async (authority) => {
  const { cert, key } = await authority.issue("server.test");
  const socket = Deno.listen(ADDRESS);
  await using server = new TlsServer({ tls: { cert, key }, socket });
  assertEquals((server.server as AnyServer & TCPServer).tls!.carrier, "node");
  await server.ask(authority.own.cert);
});

test("TCPServer closes its layers before a first client as after one", async (authority) => {
  const { cert, key } = await authority.issue("server.test");
  for (const carrier of CARRIERS) {
    await using server = new TCPServer(ADDRESS, () => {}, {
      tls: { cert, key, carrier },
    });
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    await server.serverClose(); // while the layers are being loaded
    await deadline(serving, LIMIT_MS);
    assertEquals(record.errors, []);
  }
});

test("TCPServer says which carrier can send small writes at once", async (authority) => {
  const { cert, key } = await authority.issue("server.test");
  class Handler extends StreamRequestHandler {
    override disableNagleAlgorithm = true;
  }
  await using server = new TCPServer(ADDRESS, Handler, { tls: { cert, key } });
  const record = new ErrorRecord(server);
  const handled = server.handleRequest();
  using client = await Deno.connectTls({
    ...ADDRESS,
    port: server.serverAddress.port,
    caCerts: [authority.own.cert],
  });
  await client.handshake();
  await deadline(handled, LIMIT_MS);
  const error = record.errors[0];
  assertInstanceOf(error, TypeError);
  assertEquals(
    error.message,
    'Cannot disable Nagle\'s algorithm as tls.carrier must be "node": current value is "deno"',
  );
});

test("TCPServer shows how it speaks TLS, but no key", async (authority) => {
  const { cert, key } = await authority.issue("server.test");
  await using server = new TCPServer(ADDRESS, () => {}, { tls: { cert, key } });
  assertEquals(server.tls, {
    carrier: "deno",
    handshakeTimeout: 10,
    alpnProtocols: [],
    clientCertificate: "none",
  });
  const shown = Deno.inspect(server, { depth: 9, showHidden: true });
  assertEquals(shown.includes("PRIVATE"), false);
});

Deno.test(needing(["openssl"], {
  name: "TCPServer refuses TLS options that cannot be used, when it is made",
  async fn(t) {
    using authority = await TlsAuthority.create();
    const { cert, key } = await authority.issue("server.test");
    const other = await authority.issue("other.test");
    const right = { cert, key };
    const node = { ...right, carrier: "node" } as const;
    const TABLE: Record<string, [unknown, string, Partial<TCPServerOptions>?]> =
      {
        "no object": [
          "yes",
          'tls must be an object that has cert and key: current value is "yes"',
        ],
        "no cert": [
          { key },
          "tls.cert must be a text in PEM format: current value is undefined",
        ],
        "no key": [{ cert }, "tls.key must be a text in PEM format"],
        "nonsense as cert": [
          { cert: "nonsense", key },
          'tls.cert must be a certificate in PEM format: current value is "nonsense"',
        ],
        "nonsense as cert, node": [
          { ...node, cert: "nonsense" },
          'tls.cert must be a certificate in PEM format: current value is "nonsense"',
        ],
        "nonsense after cert": [
          { cert: `${cert}\n${BROKEN}`, key },
          'tls.cert must be a certificate in PEM format: current value is "-----BEGIN CERTIFICATE-----"',
        ],
        "nonsense after cert, node": [
          { ...node, cert: `${cert}\n${BROKEN}` },
          'tls.cert must be a certificate in PEM format: current value is "-----BEGIN CERTIFICATE-----"',
        ],
        "nonsense in a ca": [
          { ...right, ca: `${authority.own.cert}\n${BROKEN}` },
          'tls.ca must be a certificate in PEM format: current value is "-----BEGIN CERTIFICATE-----"',
        ],
        "nonsense as key": [
          { cert, key: "nonsense" },
          "tls.key must be a key in PEM format: its value is kept secret",
        ],
        "another's key": [
          { cert, key: other.key },
          "tls.key must be the key of tls.cert: the certificate is that of ",
        ],
        "another's key, node": [
          { ...node, key: other.key },
          "tls.key must be the key of tls.cert: the certificate is that of ",
        ],
        "another's key for a name": [
          { ...right, serverNames: { "a.test": { cert, key: other.key } } },
          'tls.serverNames["a.test"].key must be the key of',
        ],
        "serverNames": [
          { ...right, serverNames: "a.test" },
          'tls.serverNames must have a certificate for each name: current value is "a.test"',
        ],
        "nothing for a name": [
          { ...right, serverNames: { "a.test": null } },
          'tls.serverNames["a.test"].cert must be a certificate in PEM format: current value is undefined',
        ],
        "ca": [
          { ...right, ca: "nonsense" },
          'tls.ca must be a certificate in PEM format: current value is "nonsense"',
        ],
        "an empty ca": [
          { ...right, ca: [] },
          "tls.ca must be certificates in PEM format: current value is []",
        ],
        "alpnProtocols": [
          { ...right, alpnProtocols: "h2" },
          'tls.alpnProtocols must be a list of names of 1 to 255 bytes: current value is "h2"',
        ],
        "a long name of a protocol": [
          { ...node, alpnProtocols: ["é".repeat(128)] },
          "tls.alpnProtocols must be a list of names of 1 to 255 bytes: current value is ",
        ],
        "an empty name of a protocol": [
          { ...right, alpnProtocols: ["h2", ""] },
          'tls.alpnProtocols must be a list of names of 1 to 255 bytes: current value is [ "h2", "" ]',
        ],
        "handshakeTimeout": [
          { ...right, handshakeTimeout: 0 },
          "tls.handshakeTimeout must be a number of seconds above 0, or null: current value is 0",
        ],
        "clientCertificate": [
          { ...right, clientCertificate: "yes" },
          'tls.clientCertificate must be "required" or "optional": current value is "yes"',
        ],
        "clientCertificate alone": [
          { ...right, clientCertificate: "required" },
          "tls.ca must say whose certificates are believed: current value is undefined",
        ],
        "carrier": [
          { ...right, carrier: "bun" },
          'tls.carrier must be "deno" or "node": current value is "bun"',
        ],
        "a ca for the first carrier": [
          { ...right, carrier: "deno", ca: cert },
          'tls.carrier must be "node" where there is tls.ca: current value is "deno"',
        ],
        "names for the first carrier": [
          { ...right, carrier: "deno", serverNames: {} },
          'tls.carrier must be "node" where there is tls.serverNames: current value is "deno"',
        ],
        "a proxy for the first carrier": [
          { ...right, carrier: "deno" },
          'tls.carrier must be "node" where there is proxyProtocol: current value is "deno"',
          { proxyProtocol: { trust: ["::1"] } },
        ],
      };
    for (const [name, [tls, rule, more]] of Object.entries(TABLE)) {
      await t.step(name, () => {
        const options = { ...more, tls: tls as TlsOptions };
        const error = assertThrows(() =>
          new TCPServer(ADDRESS, () => {}, options)
        );
        assertInstanceOf(
          error,
          rule.includes("handshakeTimeout") ? RangeError : TypeError,
        );
        assertStringIncludes(error.message, rule);
        assertEquals(error.message.includes("PRIVATE"), false);
      });
    }
    await t.step("a socket for the first carrier", () => {
      using socket = Deno.listen(ADDRESS);
      assertThrows(
        () =>
          new TCPServer(ADDRESS, () => {}, {
            socket,
            tls: { ...right, carrier: "deno" },
          }),
        TypeError,
        'tls.carrier must be "node" where there is socket: current value is "deno"',
      );
    });
  },
}));

for (
  const [Server, name] of [
    [UnixStreamServer, "tls"],
    [UDPServer, "tls"],
    [UDPServer, "proxyProtocol"],
  ] as const
) {
  Deno.test(`${Server.name} refuses ${name}, which it cannot have`, () => {
    const options = { [name]: {}, bindAndActivate: false };
    const address = { ...ADDRESS, path: "/tmp/never" };
    const error = assertThrows(
      () => new Server(address, () => {}, options),
      TypeError,
    );
    assertStringIncludes(
      error.message,
      `Cannot create the server as ${name} needs a server of tcp`,
    );
  });
}
