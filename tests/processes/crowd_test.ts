import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { WaitingHandler } from "../fixtures/handlers/waiting_handler.ts";

const LIMIT_MS = 30_000;

/** Connects clients; resolves when the server has accepted them all. */
async function connectAll(
  { server, connect }: ForkingSession,
  count: number,
): Promise<Dialogue[]> {
  const accepted = Promise.withResolvers<void>();
  let left = count;
  server.verifyRequest = () => {
    if (--left === 0) accepted.resolve();
    return true;
  };
  const clients = [];
  for (let i = 0; i < count; i++) {
    clients.push(new Dialogue(await connect()));
  }
  await deadline(accepted.promise, LIMIT_MS);
  return clients;
}

Deno.test("ForkingTCPServer serves a hundred clients that wait for one child, in order", async () => {
  await using session = new ForkingSession(WaitingHandler, {
    maxChildren: 1,
    maxRequestsPerChild: 1000,
  });
  await using stack = new AsyncDisposableStack();
  const clients = await connectAll(session, 100);
  for (const client of clients) stack.use(client);
  await Promise.all(clients.map((client) => client.send("go on")));
  const numbers = await Promise.all(clients.map(async (client) => {
    await client.receive();
    return Number(await client.receive());
  }));
  assertEquals(numbers, Array.from({ length: 100 }, (_, i) => i + 1));
});

Deno.test("ForkingTCPServer starts a child for a waiting client when another child has ended", async () => {
  await using session = new ForkingSession(WaitingHandler, { maxChildren: 1 });
  await using stack = new AsyncDisposableStack();
  const clients = await connectAll(session, 3);
  for (const client of clients) stack.use(client);
  for (const client of clients) {
    await client.send("go on");
    assertEquals(await client.receive(), "begun");
    assertEquals(await client.receive(), "1");
  }
});

Deno.test("ForkingTCPServer.shutdown() resolves at once while a hundred clients wait that have asked, and are still served", async () => {
  await using session = new ForkingSession(WaitingHandler, {
    maxChildren: 3,
    maxRequestsPerChild: 100,
  });
  await using stack = new AsyncDisposableStack();
  const clients = await connectAll(session, 103);
  for (const client of clients) stack.use(client);
  assertEquals(await clients[0]!.receive(), "begun");
  assertEquals(session.server.activeChildren.size, 3);
  assertEquals(session.server.activeRequests.length, 103);
  const askAll = (of: Dialogue[]) =>
    Promise.all(of.map((client) => client.send("go on")));
  await askAll(clients.slice(3));
  // Those that are handled have not said a word, so that none can have been served.
  await deadline(session.server.shutdown(), LIMIT_MS);
  assertEquals(session.server.activeRequests.length, 103);
  await askAll(clients.slice(0, 3));
  for (const client of clients.slice(1)) {
    assertEquals(await client.receive(), "begun");
  }
  await session.close();
  assertEquals(session.record.errors, []);
});

Deno.test("ForkingTCPServer.maxWaitingRequests leaves further clients in the system's queue", async () => {
  await using session = new ForkingSession(WaitingHandler, {
    maxChildren: 1,
    maxRequestsPerChild: 100,
    maxWaitingRequests: 2,
  });
  await using stack = new AsyncDisposableStack();
  const clients = await connectAll(session, 3);
  const late = [await session.connect(), await session.connect()];
  clients.push(...late.map((connection) => new Dialogue(connection)));
  for (const client of clients) stack.use(client);
  assertEquals(await clients[0]!.receive(), "begun");
  assertEquals(session.server.activeRequests.length, 3);
  for (const [i, client] of clients.entries()) {
    await client.send("go on");
    if (i > 0) assertEquals(await client.receive(), "begun");
    assertEquals(await client.receive(), `${i + 1}`);
  }
});
