import {
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type AnyServer,
  type StreamRequest,
  TCPServer,
  type TCPServerOptions,
  type TlsOptions,
  UDPServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { needing } from "../fixtures/installed_program.ts";
import { TlsServer } from "../fixtures/tls_server.ts";
import { TlsAuthority, tlsTest } from "../tls/tls_authority.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };
/** A certificate that is cut off. */
const BROKEN = "-----BEGIN CERTIFICATE-----\nAAAA\n";
const CARRIERS = ["deno", "node"] as const;

for (const carrier of CARRIERS) {
  tlsTest(
    `TCPServer keeps the TLS that it was made with, by the carrier "${carrier}"`,
    async (authority) => {
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
    },
  );
}

tlsTest(
  "TCPServer speaks TLS over a socket that it was given",
  async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    const socket = Deno.listen(ADDRESS);
    await using server = new TlsServer({ tls: { cert, key }, socket });
    assertEquals((server.server as AnyServer & TCPServer).tls!.carrier, "node");
    await server.ask(authority.own.cert);
  },
);

tlsTest("TCPServer shows how it speaks TLS, but no key", async (authority) => {
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
