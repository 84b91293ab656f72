import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { retry } from "@std/async/retry";
import {
  type Executor,
  ThreadError,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { until } from "../fixtures/until.ts";

// Requests for which no thread is free wait in order, up to a bound.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;
const OPTIONS = { maxThreads: 1, requestsPerThread: 1, drainTimeout: 1 };

/** Counts the requests that it gets, and tells when it stops getting any. */
class CountingServer extends ThreadingTCPServer {
  got = 0;
  readonly #full = Promise.withResolvers<void>();

  /** Resolves when the server takes no further requests. */
  get full(): Promise<void> {
    return deadline(this.#full.promise, LIMIT_MS);
  }

  override async getRequest() {
    const arrival = await super.getRequest();
    this.got++;
    return arrival;
  }

  protected override createExecutor(): Executor {
    const executor = super.createExecutor();
    const whenFree = executor.whenFree.bind(executor);
    executor.whenFree = () => {
      const held = whenFree();
      if (held !== null) this.#full.resolve();
      return held;
    };
    return executor;
  }
}

Deno.test("ThreadingTCPServer serves waiting requests in order of arrival", async () => {
  await using server = new ThreadingTCPServer(
    ADDRESS,
    ObedientHandler,
    OPTIONS,
  );
  server.serveForever();
  using first = await LineClient.connect(server);
  assertEquals(await first.ask("hello"), "hello");
  const served: number[] = [];
  const waiting: LineClient[] = [];
  for (let i = 0; i < 8; i++) waiting.push(await LineClient.connect(server));
  const turns = waiting.map(async (client, i) => {
    await client.send("leave");
    await client.ended();
    served.push(i);
  });
  await first.send("leave");
  await Promise.all(turns);
  assertEquals(served, [0, 1, 2, 3, 4, 5, 6, 7]);
  for (const client of waiting) client[Symbol.dispose]();
});

Deno.test("ThreadingTCPServer stops taking requests while maxWaitingRequests wait", async () => {
  await using server = new CountingServer(ADDRESS, ObedientHandler, {
    ...OPTIONS,
    maxWaitingRequests: 2,
  });
  server.serveForever();
  const clients: LineClient[] = [];
  for (let i = 0; i < 6; i++) clients.push(await LineClient.connect(server));
  const [first] = clients;
  assertEquals(await first!.ask("hello"), "hello");
  await server.full;
  for (let i = 0; i < 20; i++) await first!.ask("hello again");
  assertEquals(server.got, 3);
  assertEquals(server.activeRequests.length, 3);

  for (const client of clients) {
    assertEquals(await client.ask("my turn"), "my turn");
    await client.send("leave");
    await client.ended();
    client[Symbol.dispose]();
  }
  assertEquals(server.got, 6);
});

Deno.test("ThreadingTCPServer.shutdown() ends a server that takes no requests, as too many wait", async () => {
  await using server = new CountingServer(ADDRESS, ObedientHandler, {
    ...OPTIONS,
    maxWaitingRequests: 1,
  });
  const serving = server.serveForever();
  using first = await LineClient.connect(server);
  using second = await LineClient.connect(server, "my turn");
  await server.full;
  await deadline(server.shutdown(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  await first.send("leave");
  await first.ended();
  assertEquals(await second.line(), "my turn");
});

Deno.test("ThreadingTCPServer.serverClose() ends requests that wait for a thread", async () => {
  // On a busy machine the first may be too late, and is ended then.
  await retry(async () => {
    await using server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
      ...OPTIONS,
      drainTimeout: 0.1,
    });
    const record = new ErrorRecord(server);
    server.serveForever();
    using first = await LineClient.connect(server);
    assertEquals(await first.ask("hello"), "hello");
    const accepted = Promise.withResolvers<void>();
    server.verifyRequest = () => {
      accepted.resolve();
      return true;
    };
    using second = await LineClient.connect(server, "my turn");
    await deadline(accepted.promise, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await first.ended();
    await second.ended();
    await record.nth(2);
    await until(() => server.activeRequests.length === 0);
    // The first is told that its connection has been closed, and the thread is
    // free then; but nothing begins any more.
    assertInstanceOf(record.errors[0], Deno.errors.Interrupted);
    assertInstanceOf(record.errors[1], ThreadError);
  }, { minTimeout: 1 });
});

Deno.test("ThreadingTCPServer gives a request to the thread with the fewest", async () => {
  await using server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 3,
    drainTimeout: 1,
  });
  server.serveForever();
  const clients: LineClient[] = [];
  const counts = new Map<string, number>();
  for (let i = 0; i < 9; i++) {
    const client = await LineClient.connect(server);
    const thread = (await client.ask("thread"))!;
    counts.set(thread, (counts.get(thread) ?? 0) + 1);
    assertEquals(server.activeThreads, Math.min(i + 1, 3));
    clients.push(client);
  }
  assertEquals([...counts.values()], [3, 3, 3]);
  for (const client of clients) client[Symbol.dispose]();
});
