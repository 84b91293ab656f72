import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ThreadingTCPServer } from "@socketserver/socketserver";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ResettingClient } from "../fixtures/clients/resetting_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { WaitingHandler } from "../fixtures/handlers/waiting_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";
import { until } from "../fixtures/until.ts";

// A client that resets its connection ends its own request, in whatever state
// that is, and no other.

const LIMIT_MS = 30_000;

async function connected(server: ThreadingTCPServer): Promise<Socket> {
  const { hostname, port } = server.serverAddress;
  const socket = connect(port, hostname);
  // The reset is reported here as well, where nobody is interested.
  socket.on("error", () => {});
  await deadline(once(socket, "connect"), LIMIT_MS);
  return socket;
}

/** Sends a line and waits until something has come. */
async function ask(socket: Socket, line: string): Promise<void> {
  socket.write(`${line}\n`);
  await deadline(once(socket, "readable"), LIMIT_MS);
}

async function reset(socket: Socket): Promise<void> {
  const closed = once(socket, "close");
  socket.resetAndDestroy();
  await deadline(closed, LIMIT_MS);
}

function assertGone(error: unknown): void {
  assert(
    error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe,
    Deno.inspect(error),
  );
}

/** Resolves when a request has been closed. */
function whenClosed(server: ThreadingTCPServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { closeRequest } = server;
  server.closeRequest = async (request) => {
    await closeRequest.call(server, request);
    resolve();
  };
  return deadline(promise, LIMIT_MS);
}

async function assertServesOthers(server: ThreadingTCPServer): Promise<void> {
  using later = await LineClient.connect(server);
  assertEquals(await later.ask("later"), "later");
  await until(() => server.activeRequests.length === 1);
}

Deno.test("ThreadingTCPServer reports a client that resets before its handler starts", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  const { server, record } = session;
  const accepted = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<boolean>();
  server.verifyRequest = () => {
    accepted.resolve();
    return gone.promise;
  };
  const closed = whenClosed(server);
  const socket = await connected(server);
  await deadline(accepted.promise, LIMIT_MS);
  await reset(socket);
  gone.resolve(true);
  assertInstanceOf(await record.nth(1), Deno.errors.ConnectionReset);
  await closed;
  await assertServesOthers(server);
});

for (
  const [state, order] of Object.entries({
    "while its handler reads": "hello",
    "while its handler writes": "flood",
  })
) {
  Deno.test(`ThreadingTCPServer reports a client that resets ${state}`, async () => {
    await using session = new ThreadingSession(ObedientHandler);
    const { server, record } = session;
    const closed = whenClosed(server);
    const socket = await connected(server);
    await ask(socket, order);
    await reset(socket);
    assertGone(await record.nth(1));
    await closed;
    await assertServesOthers(server);
    assertEquals(record.errors.length, 1);
  });
}

for (const [next, order] of [["read", "hold"], ["write", "hold and write"]]) {
  Deno.test(`A handler's next ${next} on a thread rejects when its client has reset`, async () => {
    await using session = new ThreadingSession(ObedientHandler);
    const { server, record } = session;
    const closed = whenClosed(server);
    using neighbour = await session.connect();
    assertEquals(await neighbour.ask("hello"), "hello");
    const socket = await connected(server);
    await ask(socket, order!);
    await reset(socket);
    assertEquals(await neighbour.ask("release"), "released");
    assertGone(await record.nth(1));
    await closed;
    assertEquals(record.errors.length, 1);
    assertEquals(await neighbour.ask("still here"), "still here");
  });
}

Deno.test("ThreadingTCPServer closes the connection of a client that resets after its handler ended", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  const { server, record } = session;
  const done = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  const { shutdownRequest } = server;
  server.shutdownRequest = async (request) => {
    done.resolve();
    await gone.promise;
    await shutdownRequest.call(server, request);
  };
  const closed = whenClosed(server);
  const socket = await connected(server);
  socket.write("leave\n");
  await deadline(done.promise, LIMIT_MS);
  await reset(socket);
  gone.resolve();
  await closed;
  await assertServesOthers(server);
  await deadline(server.serverClose(), LIMIT_MS);
  assertEquals(record.errors, []);
});

Deno.test("ThreadingTCPServer closes the connection of a client that resets while it waits for a thread", async () => {
  await using session = new ThreadingSession(ObedientHandler, {
    requestsPerThread: 1,
  });
  const { server, record } = session;
  const taken = Promise.withResolvers<void>();
  using first = await session.connect();
  assertEquals(await first.ask("hello"), "hello");
  server.verifyRequest = () => {
    taken.resolve();
    return true;
  };
  const socket = await connected(server);
  await deadline(taken.promise, LIMIT_MS);
  await reset(socket);
  await first.send("leave");
  assertInstanceOf(await record.nth(1), Deno.errors.ConnectionReset);
  await assertServesOthers(server);
});

Deno.test("ThreadingTCPServer runs no handler for a client that reset while it waited for a thread", async () => {
  await using session = new ThreadingSession(WaitingHandler, {
    maxThreads: 1,
    requestsPerThread: 1,
  });
  const { server, record } = session;
  await using first = new Dialogue(await connectTo(server));
  assertEquals(await first.receive(), "begun");
  const lost = await ResettingClient.connect(server.serverAddress);
  await until(() => server.activeRequests.length === 2);
  await using last = new Dialogue(await connectTo(server));
  await lost.reset();
  await first.send("go on");
  assertEquals(await first.receive(), "1");
  await last.send("go on");
  assertEquals(await last.receive(), "begun");
  assertEquals(await last.receive(), "2");
  assertInstanceOf(await record.nth(1), Deno.errors.ConnectionReset);
  assertEquals(record.errors.length, 1);
});
