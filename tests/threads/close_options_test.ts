import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { retry } from "@std/async/retry";
import { ThreadError, ThreadingTCPServer } from "@socketserver/socketserver";
import { CleanupHandler } from "../fixtures/handlers/cleanup_handler.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { overrideExecutor } from "../fixtures/override_executor.ts";

// What serverClose() waits for.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;

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
  const released = Promise.withResolvers<void>();
  const Server = overrideExecutor(
    ThreadingTCPServer,
    "close",
    async (proceed) => {
      await proceed();
      released.resolve();
    },
  );
  const server = new Server(ADDRESS, ObedientHandler, {
    maxThreads: 1,
    blockOnClose: false,
  });
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

Deno.test("ThreadingTCPServer.serverClose() ends daemonThreads at once, even without blockOnClose", async () => {
  const server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    daemonThreads: true,
    blockOnClose: false,
  });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  using client = await LineClient.connect(server);
  assertEquals(await client.ask("hold"), "holding");
  await deadline(server.serverClose(), LIMIT_MS);
  assertEquals(server.activeThreads, 0);
  assertEquals(server.drainTimeout, null);
  await deadline(serving, LIMIT_MS);
  await client.ended();
  assertInstanceOf(await record.nth(1), ThreadError);
});

Deno.test("ThreadingTCPServer.serverClose() lets handlers run their finally blocks after drainTimeout", async () => {
  // On a busy machine the thread may be too late, and is ended then.
  await retry(async () => {
    const data = new SharedArrayBuffer(4);
    const server = new ThreadingTCPServer(ADDRESS, CleanupHandler, {
      data,
      drainTimeout: 0.05,
    });
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using client = await LineClient.connect(server);
    assertEquals(await client.line(), "begun");
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
    assertEquals(new Int32Array(data)[0], 1);
    assertInstanceOf(await record.nth(1), Deno.errors.Interrupted);
  }, { minTimeout: 1 });
});

Deno.test("ThreadingTCPServer.finishRequest() starts no thread after serverClose()", async () => {
  const begun = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  class LateServer extends ThreadingTCPServer {
    override async processRequestThread(
      ...request: Parameters<ThreadingTCPServer["processRequestThread"]>
    ) {
      begun.resolve();
      await late.promise;
      await this.finishRequest(request[0], request[1]);
    }
  }
  const server = new LateServer(ADDRESS, ObedientHandler, {
    drainTimeout: 0.05,
  });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  using _client = await LineClient.connect(server);
  await deadline(begun.promise, LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
  late.resolve();
  assertInstanceOf(await record.nth(1), ThreadError);
  assertEquals(server.activeThreads, 0);
  await deadline(serving, LIMIT_MS);
});

Deno.test("ThreadingTCPServer starts no thread when its executor starts after serverClose()", async () => {
  const begun = Promise.withResolvers<void>();
  const late = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const Server = overrideExecutor(
    ThreadingTCPServer,
    "start",
    async (proceed) => {
      begun.resolve();
      await late.promise;
      started.resolve(proceed());
    },
  );
  await using server = new Server(ADDRESS, ObedientHandler);
  const serving = server.serveForever();
  await deadline(begun.promise, LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  late.resolve();
  await deadline(assertRejects(() => started.promise, ThreadError), LIMIT_MS);
  assertEquals(server.activeThreads, 0);
});

Deno.test("ThreadingTCPServer.handleRequest() resolves when serverClose() ends it while its first thread starts", async () => {
  const Server = overrideExecutor(
    ThreadingTCPServer,
    "start",
    (proceed, server) => {
      const started = proceed();
      server.serverClose();
      return started;
    },
  );
  const server = new Server(ADDRESS, ObedientHandler);
  await deadline(server.handleRequest(), LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
  assertEquals(server.activeThreads, 0);
});

Deno.test("ThreadingTCPServer.handleRequest() finds its thread again when it is called in a loop", async () => {
  await using server = new ThreadingTCPServer(ADDRESS, ObedientHandler);
  const loop = (async () => {
    for (let i = 0; i < 3; i++) await server.handleRequest();
  })();
  const threads = new Set<string | null>();
  for (let i = 0; i < 3; i++) {
    using client = await LineClient.connect(server);
    threads.add(await client.ask("thread"));
    assertEquals(server.activeThreads, 1);
    await client.send("leave");
    await client.ended();
  }
  assertEquals(threads.size, 1);
  await deadline(loop, LIMIT_MS);
});
