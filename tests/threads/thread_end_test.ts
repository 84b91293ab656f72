import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  ThreadError,
  type ThreadingTCPServer,
  ThreadingUDPServer,
} from "@socketserver/socketserver";
import { DatagramExitHandler } from "../fixtures/handlers/datagram_exit_handler.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

// A thread that ends takes its own requests with it, and is replaced.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;

/** Connects a number of clients; with the thread that serves each. */
async function connectMany(
  server: ThreadingTCPServer,
  count: number,
): Promise<{ client: LineClient; thread: string }[]> {
  const connected = [];
  for (let i = 0; i < count; i++) {
    const client = await LineClient.connect(server);
    connected.push({ client, thread: (await client.ask("thread"))! });
  }
  return connected;
}

const ENDS = {
  exit: /Deno\.exit\(\) or self\.close\(\)/,
  close: /Deno\.exit\(\) or self\.close\(\)/,
  timer: /thrown by a timer \(file:.*\/obedient_handler\.ts:\d+\)$/,
  "timer text": /uncaught error: Uncaught "only a text"$/,
};

for (const [order, message] of Object.entries(ENDS)) {
  Deno.test(`ThreadingTCPServer ends the 10 requests of a thread that a handler ended: ${order}`, async () => {
    await using session = new ThreadingSession(ObedientHandler, {
      maxThreads: 2,
    });
    const { server, record } = session;
    const clients = await connectMany(server, 20);
    const ended = clients.filter(({ thread }) => thread === clients[0]!.thread);
    const others = clients.filter((client) => !ended.includes(client));
    assertEquals(ended.length, 10);

    await ended[4]!.client.send(order);
    for (const { client } of ended) await client.ended();
    await record.nth(10);
    for (const { client, thread } of others) {
      assertEquals(await client.ask("thread"), thread);
    }
    const later = await connectMany(server, 10);
    const threads = new Set(later.map(({ thread }) => thread));
    assertEquals(server.activeThreads, 2);
    assertEquals(threads.has(clients[0]!.thread), false);

    for (const error of record.errors) {
      assertInstanceOf(error, ThreadError);
      assertMatch(error.message, message);
    }
    assertEquals(
      new Set(record.reports.map(({ clientAddress }) => clientAddress)),
      new Set(ended.map(({ client }) => client.connection.localAddr)),
    );
    assertEquals(record.errors.length, 10);
    for (const { client } of [...clients, ...later]) client[Symbol.dispose]();
  });

  Deno.test(`ThreadingTCPServer starts another thread for a waiting request after: ${order}`, async () => {
    await using session = new ThreadingSession(ObedientHandler, {
      requestsPerThread: 1,
    });
    const { server, record } = session;
    using first = await session.connect();
    const thread = await first.ask("thread");
    using waiting = await session.connect("thread");
    await first.send(order);
    const answer = await waiting.line();
    assertInstanceOf(await record.nth(1), ThreadError);
    assertEquals(typeof answer, "string");
    assertEquals(answer === thread, false);
    assertEquals(server.activeThreads, 1);
  });
}

Deno.test("ThreadingUDPServer reports each datagram of a thread that ends, and goes on", async () => {
  await using server = new ThreadingUDPServer(ADDRESS, DatagramExitHandler, {
    maxThreads: 1,
    drainTimeout: 1,
  });
  const record = new ErrorRecord(server);
  server.serveForever();
  const client = Deno.listenDatagram({ transport: "udp", ...ADDRESS });
  const send = (text: string) =>
    client.send(new TextEncoder().encode(text), server.serverAddress);
  try {
    for (const text of ["wait", "wait", "exit"]) await send(text);
    await record.nth(3);
    for (const error of record.errors) {
      assertInstanceOf(error, ThreadError);
      assertMatch(error.message, ENDS.exit);
    }
    await send("hello");
    const [reply] = await deadline(client.receive(), LIMIT_MS);
    assertEquals(new TextDecoder().decode(reply), "hello");
    assertEquals(record.errors.length, 3);
    assertEquals(server.activeThreads, 1);
  } finally {
    client.close();
  }
});
