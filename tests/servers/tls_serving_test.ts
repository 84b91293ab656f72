import {
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  type ServerConstructor,
  StreamRequestHandler,
  TCPServer,
  TlsHandshakeError,
} from "@socketserver/socketserver";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { TlsServer, toldTo } from "../fixtures/tls_server.ts";
import { tlsTest } from "../tls/tls_authority.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const CARRIERS = ["deno", "node"] as const;

for (const carrier of CARRIERS) {
  tlsTest(
    `TCPServer reports who breaks the rules of TLS, by the carrier "${carrier}"`,
    async (authority) => {
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
    },
  );

  tlsTest(
    `TCPServer says nothing of who goes before TLS, by the carrier "${carrier}"`,
    async (authority) => {
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
    },
  );

  tlsTest(
    `TCPServer reports who is late, by the carrier "${carrier}"`,
    async (authority) => {
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
    },
  );

  tlsTest(
    `AsyncTCPServer serves over TLS by the carrier "${carrier}" from handleRequest()`,
    async (authority) => {
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
    },
  );
}

for (const carrier of CARRIERS) {
  tlsTest(
    `TCPServer agrees on no protocol if it has none, by the carrier "${carrier}"`,
    async (authority) => {
      const { cert, key } = await authority.issue("server.test");
      await using server = new TlsServer({
        tls: { cert, key, carrier, alpnProtocols: [] },
      });
      const told = await server.ask(authority.own.cert, {
        alpnProtocols: ["a"],
      });
      assertEquals(told.alpnProtocol, null);
    },
  );
}

for (const Server of [TCPServer, AsyncTCPServer] as ServerConstructor[]) {
  tlsTest(
    `${Server.name} sees the client's address behind a proxy, over TLS`,
    async (authority) => {
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
    },
  );
}

tlsTest(
  "TCPServer closes its layers before a first client as after one",
  async (authority) => {
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
  },
);

tlsTest(
  "TCPServer says which carrier can send small writes at once",
  async (authority) => {
    const { cert, key } = await authority.issue("server.test");
    class Handler extends StreamRequestHandler {
      override disableNagleAlgorithm = true;
    }
    await using server = new TCPServer(ADDRESS, Handler, {
      tls: { cert, key },
    });
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
  },
);
