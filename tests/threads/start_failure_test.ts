import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import {
  HandlerNotFoundError,
  type ThreadingOptions,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { FragileModule, stateNames } from "../fixtures/fragile_module.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";
import { until } from "../fixtures/until.ts";

// A thread that cannot start, as its module has changed since the first did.

/** A server whose handler's module is `module`. */
function serverOf(
  module: FragileModule,
  options: ThreadingOptions,
): ThreadingTCPServer {
  const address = { hostname: "127.0.0.1", port: 0 };
  return new ThreadingTCPServer(address, ObedientHandler, {
    drainTimeout: 1,
    handlerModule: module.url,
    ...options,
  });
}

Deno.test("ThreadingTCPServer serves with the threads that it has when another one cannot start", async () => {
  using module = new FragileModule(ObedientHandler);
  await using server = serverOf(module, { maxThreads: 2 });
  const record = new ErrorRecord(server);
  server.serveForever();
  using first = await LineClient.connect(server);
  const thread = await first.ask("thread");
  module.break("empty");
  const start = performance.now();
  for (let i = 0; i < 10; i++) {
    using client = await LineClient.connect(server);
    assertEquals(await client.ask("thread"), thread);
  }
  await record.nth(1);
  // It is tried again after a second, and not for each request.
  const seconds = (performance.now() - start) / 1000;
  assert(record.errors.length <= 1 + seconds);
  for (const error of record.errors) {
    assertInstanceOf(error, HandlerNotFoundError);
  }
  await until(() => server.activeThreads === 1);
});

Deno.test("ThreadingTCPServer keeps the order of requests when a thread cannot start", async () => {
  using module = new FragileModule(ObedientHandler);
  await using server = serverOf(module, {
    maxThreads: 2,
    requestsPerThread: 1,
  });
  const record = new ErrorRecord(server);
  server.serveForever();
  using first = await LineClient.connect(server);
  assertEquals(await first.ask("hello"), "hello");
  module.break("empty");
  const served: number[] = [];
  const waiting: LineClient[] = [];
  for (let i = 0; i < 4; i++) waiting.push(await LineClient.connect(server));
  const turns = waiting.map(async (client, i) => {
    await client.send("leave");
    await client.ended();
    served.push(i);
  });
  assertInstanceOf(await record.nth(1), HandlerNotFoundError);
  await first.send("leave");
  await Promise.all(turns);
  assertEquals(served, [0, 1, 2, 3]);
  for (const client of waiting) client[Symbol.dispose]();
});

Deno.test("ThreadingTCPServer tries to start a thread again for a request that waits", async () => {
  using module = new FragileModule(ObedientHandler);
  await using server = serverOf(module, {
    maxThreads: 2,
    requestsPerThread: 1,
  });
  const record = new ErrorRecord(server);
  server.serveForever();
  using first = await LineClient.connect(server);
  assertEquals(await first.ask("hello"), "hello");
  module.break("empty");
  using second = await LineClient.connect(server);
  assertInstanceOf(await record.nth(1), HandlerNotFoundError);
  module.mend();
  assertEquals(await second.ask("at last"), "at last");
  assertEquals(await first.ask("still served"), "still served");
  assertEquals(server.activeThreads, 2);
  assertEquals(record.errors.length, 1);
});

Deno.test("ThreadingTCPServer reports for each request why no thread can start, if none is left", async () => {
  using module = new FragileModule(ObedientHandler);
  await using server = serverOf(module, { maxThreads: 2 });
  const record = new ErrorRecord(server);
  server.serveForever();
  using first = await LineClient.connect(server);
  assertEquals(await first.ask("hello"), "hello");
  module.break("empty");
  await first.send("exit");
  await first.ended();
  for (let i = 2; i < 5; i++) {
    using client = await LineClient.connect(server);
    await client.ended();
    assertInstanceOf(await record.nth(i), HandlerNotFoundError);
  }
  assertEquals(record.errors.length, 4);
  assertEquals(server.activeThreads, 0);
  module.mend();
  using last = await LineClient.connect(server);
  assertEquals(await last.ask("mended"), "mended");
});

for (const state of stateNames) {
  Deno.test(`ThreadingTCPServer fails one request for each thread that finds its module ${state}, and serves the next`, async () => {
    using module = new FragileModule(ObedientHandler);
    const options = { handlerModule: module.url, maxThreads: 1 };
    await using session = new ThreadingSession(ObedientHandler, options);
    const { server, record } = session;
    for (let round = 0; round < 2; round++) {
      using client = await LineClient.connect(server);
      assertEquals(await client.ask("hello"), "hello");
      module.break(state);
      await client.send("exit");
      await client.ended();
      await record.nth(2 * round + 1);
      using next = await LineClient.connect(server);
      await next.ended();
      assertInstanceOf(await record.nth(2 * round + 2), HandlerNotFoundError);
      module.mend();
    }
    using last = await LineClient.connect(server);
    assertEquals(await last.ask("mended"), "mended");
    assertEquals(record.errors.length, 4);
  });
}
