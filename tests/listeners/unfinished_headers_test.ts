import { assertEquals } from "@std/assert";
import {
  type AnyServer,
  AsyncTCPServer,
  TCPServer,
} from "@socketserver/socketserver";
import { ChildProgram } from "../fixtures/child_program.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";
import { ProxiedClient } from "../fixtures/proxied_client.ts";
import { V1_LINE, v2Header } from "../fixtures/proxy_headers.ts";
import { until } from "../fixtures/until.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const TRUST = { trust: ["127.0.0.1"] };
const CLIENTS = 500;
const HEADERS = [V1_LINE, v2Header()];

/** Of a server that is a program of its own, how many it has. */
function descriptors({ pid }: ChildProgram): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/** Has an honest client served. */
async function serveHonest(server: AnyServer): Promise<void> {
  using client = await ProxiedClient.connect(server);
  await client.send(V1_LINE + "hello");
  assertEquals(await client.received(5), "hello");
  await client.end();
}

/** Connects clients, each of which sends another part of a header. */
async function connectSlow(server: AnyServer): Promise<ProxiedClient[]> {
  const clients: ProxiedClient[] = [];
  for (let i = 0; i < CLIENTS; i++) {
    const client = await ProxiedClient.connect(server);
    clients.push(client);
    const header = HEADERS[i % 2]!;
    await client.send(header.slice(0, i % header.length));
  }
  return clients;
}

for (const name of ["TCPServer", "AsyncTCPServer"]) {
  Deno.test({
    name:
      `${name} serves beside 500 clients that never finish their header, and lets them go`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using program = ChildProgram.fixture(
        "proxied_server.ts",
        name,
        "3",
      );
      const serverAddress = JSON.parse((await program.line())!);
      const server = { serverAddress } as AnyServer;
      await serveHonest(server);
      await serveHonest(server);
      const before = descriptors(program);

      const slow = await connectSlow(server);
      // If one of them held a turn for its 3 seconds, this would never be over.
      await serveHonest(server);
      for (const client of slow) assertEquals(await client.rest(), "");
      await until(() => descriptors(program) <= before);
      for (const client of slow) client[Symbol.dispose]();
      await serveHonest(server);
    },
  });
}

for (const Server of [TCPServer, AsyncTCPServer]) {
  Deno.test(`${Server.name} serves an honest client beside 1000 silent ones`, async () => {
    await using server = new Server(ADDRESS, PipeEchoHandler, {
      proxyProtocol: { ...TRUST, headerTimeout: 3600 },
    });
    server.handleError = () => {};
    const serving = server.serveForever();
    const silent: ProxiedClient[] = [];
    try {
      for (let i = 0; i < 1000; i++) {
        silent.push(await ProxiedClient.connect(server));
        if (i % 2 === 0) {
          await silent[i]!.send("PROXY TCP4 1.2").catch(() => {});
        }
        if (i % 100 !== 99) continue;
        using client = await ProxiedClient.connect(server);
        await client.send(V1_LINE + "hello");
        assertEquals(await client.received(5), "hello");
        await client.end();
      }
    } finally {
      for (const client of silent) client[Symbol.dispose]();
    }
    await server.serverClose();
    await serving;
  });
}

Deno.test("a server gives the places of silent clients back after headerTimeout", async () => {
  await using server = new AsyncTCPServer(ADDRESS, PipeEchoHandler, {
    proxyProtocol: { ...TRUST, headerTimeout: 0.2 },
  });
  server.handleError = () => {};
  const serving = server.serveForever();
  const silent = [];
  for (let i = 0; i < 100; i++) {
    silent.push(await ProxiedClient.connect(server));
  }
  for (const client of silent) {
    assertEquals(await client.rest(), "");
    client[Symbol.dispose]();
  }
  await server.shutdown();
  await serving;
});
