import { assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { ThreadingTCPServer } from "@socketserver/socketserver";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { LineClient } from "../fixtures/line_client.ts";
import { ObedientHandler } from "../fixtures/obedient_handler.ts";

// What serverClose() waits for.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 10_000;

Deno.test("ThreadingTCPServer.serverClose() waits for running handlers", async () => {
  const server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 1,
  });
  server.serveForever();
  using client = await LineClient.connect(server);
  assertEquals(await client.ask("hello"), "hello");
  let isClosed = false;
  const closed = server.serverClose().then(() => isClosed = true);
  for (let i = 0; i < 20; i++) assertEquals(await client.ask("yes"), "yes");
  assertEquals(isClosed, false);
  assertEquals(server.activeThreads, 1);
  await client.send("leave");
  await deadline(closed, LIMIT_MS);
  assertEquals(server.activeThreads, 0);
});

Deno.test("ThreadingTCPServer.serverClose() ends daemonThreads at once", async () => {
  const server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    daemonThreads: true,
  });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  using client = await LineClient.connect(server);
  assertEquals(await client.ask("hold"), "holding");
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  await client.ended();
  assertEquals(server.activeThreads, 0);
  await record.nth(1);
});

Deno.test("ThreadingTCPServer.serverClose() leaves handlers alone without blockOnClose", async () => {
  const server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 1,
    blockOnClose: false,
  });
  const released = Promise.withResolvers<void>();
  const serverClosed = server.serverClosed.bind(server);
  server.serverClosed = async () => {
    await serverClosed();
    released.resolve();
  };
  const serving = server.serveForever();
  using client = await LineClient.connect(server);
  assertEquals(await client.ask("hello"), "hello");
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  assertEquals(await client.ask("still served"), "still served");
  assertEquals(server.activeThreads, 1);
  await client.send("leave");
  await client.ended();
  await deadline(released.promise, LIMIT_MS);
  assertEquals(server.activeThreads, 0);
});

Deno.test("ThreadingTCPServer.shutdown() keeps threads that still handle requests", async () => {
  await using server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 2,
    drainTimeout: 1,
  });
  const serving = server.serveForever();
  using client = await LineClient.connect(server);
  assertEquals(await client.ask("hello"), "hello");
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
  assertEquals(await client.ask("still served"), "still served");
  assertEquals(server.activeThreads, 1);
});

Deno.test("ThreadingTCPServer.serveForever() serves again after shutdown()", async () => {
  await using server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 1,
    drainTimeout: 1,
  });
  for (let run = 1; run <= 3; run++) {
    const serving = server.serveForever();
    using client = await LineClient.connect(server);
    assertEquals(await client.ask(`run ${run}`), `run ${run}`);
    await client.send("leave");
    await client.ended();
    await deadline(server.shutdown(), LIMIT_MS);
    await serving;
  }
});
