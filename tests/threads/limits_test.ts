import { assertEquals } from "@std/assert";
import type { ThreadingTCPServer } from "@socketserver/socketserver";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

// Which thread a request is given to, and how many threads there may be.

/** Connects clients one after the other; each is being handled then. */
async function connectMany(
  server: ThreadingTCPServer,
  count: number,
): Promise<LineClient[]> {
  const clients: LineClient[] = [];
  for (let i = 0; i < count; i++) {
    const client = await LineClient.connect(server);
    assertEquals(await client.ask("hello"), "hello");
    clients.push(client);
  }
  return clients;
}

async function leave(client: LineClient): Promise<void> {
  await client.send("leave");
  await client.ended();
  client[Symbol.dispose]();
}

Deno.test("ThreadingTCPServer.requestsPerThread bounds the requests of each thread", async () => {
  await using session = new ThreadingSession(ObedientHandler, {
    maxThreads: 2,
    requestsPerThread: 2,
  });
  const clients = await connectMany(session.server, 4);
  const threads = new Map<string, LineClient[]>();
  for (const client of clients) {
    const thread = (await client.ask("thread"))!;
    threads.set(thread, [...threads.get(thread) ?? [], client]);
  }
  assertEquals([...threads.values()].map(({ length }) => length), [2, 2]);
  using fifth = await session.connect("thread");
  // Without the bound it would be with the first thread by now.
  const [thread, [one]] = [...threads].at(-1)!;
  await leave(one!);
  assertEquals(await fifth.line(), thread);
  for (const client of clients) if (client !== one) await leave(client);
});

Deno.test("ThreadingTCPServer gives a request to a thread that answers rather than to one that computes", async () => {
  const data = new SharedArrayBuffer(4);
  await using session = new ThreadingSession(ObedientHandler, {
    data,
    maxThreads: 2,
  });
  using first = await session.connect();
  const blocked = await first.ask("thread");
  using second = await session.connect();
  const free = await second.ask("thread");
  assertEquals(await first.ask("block"), "blocking");
  // Goes to the first thread, as both have one request and have answered.
  using third = await session.connect("thread");
  using fourth = await session.connect();
  assertEquals(await fourth.ask("thread"), free);
  using fifth = await session.connect();
  assertEquals(await fifth.ask("thread"), free);
  const shared = new Int32Array(data);
  Atomics.store(shared, 0, 1);
  Atomics.notify(shared, 0);
  assertEquals(await first.line(), "free");
  assertEquals(await third.line(), blocked);
});

Deno.test("ThreadingTCPServer.maxThreads can be lowered: threads without requests end", async () => {
  await using session = new ThreadingSession(ObedientHandler, {
    maxThreads: 3,
  });
  const { server } = session;
  const [first, second, third] = await connectMany(server, 3);
  assertEquals(server.activeThreads, 3);
  server.maxThreads = 1;
  await leave(first!);
  assertEquals(server.activeThreads, 2);
  await leave(second!);
  assertEquals(server.activeThreads, 1);
  await leave(third!);
  assertEquals(server.activeThreads, 1);
  for (const client of await connectMany(server, 3)) await leave(client);
  assertEquals(server.activeThreads, 1);
});

Deno.test("ThreadingTCPServer.maxThreads can be raised: the next request lets one that waits begin", async () => {
  await using session = new ThreadingSession(ObedientHandler, {
    requestsPerThread: 1,
  });
  const { server } = session;
  const arrived = Promise.withResolvers<void>();
  let arrivals = 0;
  server.verifyRequest = () => {
    if (++arrivals === 2) arrived.resolve();
    return true;
  };
  const [first] = await connectMany(server, 1);
  using second = await session.connect();
  await arrived.promise;
  server.maxThreads = 2;
  using third = await session.connect();
  assertEquals(await second.ask("my turn"), "my turn");
  await leave(first!);
  assertEquals(await third.ask("mine now"), "mine now");
});
