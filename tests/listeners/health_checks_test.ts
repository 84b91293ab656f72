import { assertEquals } from "@std/assert";
import { AsyncTCPServer } from "@socketserver/socketserver";
import { serverClasses } from "../contract/server_classes.ts";
import { ResettingClient } from "../fixtures/clients/resetting_client.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";
import { ProxiedClient } from "../fixtures/proxied_client.ts";
import { latin1, V1_LINE, v2Header } from "../fixtures/proxy_headers.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const TRUST = { trust: ["127.0.0.1", "unix"] };
const LOCAL = v2Header({ command: 0x20, kind: 0, block: new Uint8Array() });

const streamClasses = Object.values(serverClasses).flat()
  .filter(({ socketType }) => socketType === "SOCK_STREAM");

for (const { name, Server, addressFamily } of streamClasses) {
  Deno.test({
    name:
      `${name} says nothing of health checks: no word, LOCAL, UNKNOWN, a reset`,
    ignore: addressFamily === "AF_UNIX" && Deno.build.os === "windows",
    async fn() {
      using folder = new TemporaryFolder();
      const isUnix = addressFamily === "AF_UNIX";
      const address = isUnix ? { path: `${folder.path}/socket` } : ADDRESS;
      await using server = new Server(address, PipeEchoHandler, {
        proxyProtocol: TRUST,
      });
      const record = new ErrorRecord(server);
      const serving = server.serveForever();
      for (let i = 0; i < 5; i++) {
        for (const words of ["", LOCAL, "PROXY UNKNOWN\r\n"]) {
          using check = await ProxiedClient.connect(server);
          await check.send(words);
        }
        using polite = await ProxiedClient.connect(server);
        await polite.send(LOCAL);
        await polite.end();
        if (isUnix) continue;
        const reset = await ResettingClient.connect(server.serverAddress);
        await reset.sendBytes(LOCAL);
        await reset.reset();
      }
      using client = await ProxiedClient.connect(server);
      await client.send(V1_LINE + "last");
      assertEquals(await client.received(4), "last");
      await until(() => server.stats.active === 1);
      await client.end();
      await server.serverClose();
      await serving;
      assertEquals(record.errors, []);
    },
  });
}

Deno.test("a health check is silent: one without a word, one that is reset after LOCAL", async () => {
  await using server = new AsyncTCPServer(ADDRESS, PipeEchoHandler, {
    proxyProtocol: TRUST,
  });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  const { serverAddress } = server;
  for (let i = 0; i < 20; i++) {
    (await ProxiedClient.connect(server))[Symbol.dispose]();
    const check = await ResettingClient.connect(serverAddress);
    await check.sendBytes(LOCAL);
    await check.reset();
    const other = await ResettingClient.connect(serverAddress);
    const ports = `${other.address.port} ${serverAddress.port}`;
    await other.sendBytes(
      latin1(`PROXY TCP4 127.0.0.1 127.0.0.1 ${ports}\r\n`),
    );
    await other.reset();
  }
  using client = await ProxiedClient.connect(server);
  await client.send(V1_LINE + "last");
  assertEquals(await client.received(4), "last");
  await until(() => server.stats.active === 1);
  assertEquals(record.errors, []);
  await client.end();
  await server.serverClose();
  await serving;
});

Deno.test("a health check is silent if it is reset when its handler reads", async () => {
  await using server = new AsyncTCPServer(ADDRESS, PipeEchoHandler, {
    proxyProtocol: TRUST,
  });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  const check = await ResettingClient.connect(server.serverAddress);
  await check.sendBytes(LOCAL);
  await until(() => server.stats.active === 1);
  await check.reset();
  await until(() => server.stats.active === 0);
  assertEquals(record.errors, []);
  await server.shutdown();
  await serving;
});
