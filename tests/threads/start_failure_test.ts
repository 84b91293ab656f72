import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { pathToFileURL } from "node:url";
import {
  HandlerNotFoundError,
  type ThreadingOptions,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

// A thread that cannot start, as its module has changed since the first did.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };

/** A server whose handler's module can be broken and mended. */
class FragileServer extends ThreadingTCPServer {
  readonly #path: string;

  constructor(folder: TemporaryFolder, options: ThreadingOptions) {
    const path = `${folder.path}/handler.ts`;
    const handlerModule = pathToFileURL(path);
    const drainTimeout = 1;
    super(ADDRESS, ObedientHandler, {
      drainTimeout,
      handlerModule,
      ...options,
    });
    this.#path = path;
    this.mend();
  }

  mend(): void {
    const { moduleUrl } = ObedientHandler;
    const text = `export { ObedientHandler } from ${
      JSON.stringify(moduleUrl)
    };`;
    Deno.writeTextFileSync(this.#path, text);
  }

  break(): void {
    Deno.writeTextFileSync(this.#path, "export const gone = true;");
  }
}

Deno.test("ThreadingTCPServer serves with the threads that it has when another one cannot start", async () => {
  using folder = new TemporaryFolder();
  await using server = new FragileServer(folder, { maxThreads: 2 });
  const record = new ErrorRecord(server);
  server.serveForever();
  using first = await LineClient.connect(server);
  const thread = await first.ask("thread");
  server.break();
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
  using folder = new TemporaryFolder();
  await using server = new FragileServer(folder, {
    maxThreads: 2,
    requestsPerThread: 1,
  });
  const record = new ErrorRecord(server);
  server.serveForever();
  using first = await LineClient.connect(server);
  assertEquals(await first.ask("hello"), "hello");
  server.break();
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
  using folder = new TemporaryFolder();
  await using server = new FragileServer(folder, {
    maxThreads: 2,
    requestsPerThread: 1,
  });
  const record = new ErrorRecord(server);
  server.serveForever();
  using first = await LineClient.connect(server);
  assertEquals(await first.ask("hello"), "hello");
  server.break();
  using second = await LineClient.connect(server);
  assertInstanceOf(await record.nth(1), HandlerNotFoundError);
  server.mend();
  assertEquals(await second.ask("at last"), "at last");
  assertEquals(await first.ask("still served"), "still served");
  assertEquals(server.activeThreads, 2);
  assertEquals(record.errors.length, 1);
});

Deno.test("ThreadingTCPServer reports for each request why no thread can start, if none is left", async () => {
  using folder = new TemporaryFolder();
  await using server = new FragileServer(folder, { maxThreads: 2 });
  const record = new ErrorRecord(server);
  server.serveForever();
  using first = await LineClient.connect(server);
  assertEquals(await first.ask("hello"), "hello");
  server.break();
  await first.send("exit");
  await first.ended();
  for (let i = 2; i < 5; i++) {
    using client = await LineClient.connect(server);
    await client.ended();
    assertInstanceOf(await record.nth(i), HandlerNotFoundError);
  }
  assertEquals(record.errors.length, 4);
  assertEquals(server.activeThreads, 0);
  server.mend();
  using last = await LineClient.connect(server);
  assertEquals(await last.ask("mended"), "mended");
});
