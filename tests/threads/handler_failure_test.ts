import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

// What a handler throws arrives in the server's handleError(), and ends its
// own connection alone.

/** What handleError() is given when a client gives an order. */
async function failureOf(order: string): Promise<Error> {
  await using session = new ThreadingSession(ObedientHandler);
  const { record } = session;
  using neighbour = await session.connect();
  const thread = await neighbour.ask("thread");
  using client = await session.connect(order);
  await client.ended();
  const error = await record.nth(1);
  assertInstanceOf(error, Error);
  assertEquals(await neighbour.ask("thread"), thread);
  assertEquals(record.errors.length, 1);
  return error;
}

Deno.test("ThreadingTCPServer.handleError() gets what a handler throws", async () => {
  const error = await failureOf("throw");
  assertInstanceOf(error, RangeError);
  assertEquals(error.message, "as ordered");
  assertMatch(error.stack!, /RangeError: as ordered\n.*obedient_handler\.ts:/);
});

Deno.test("ThreadingTCPServer.handleError() gets the cause of what a handler throws", async () => {
  const { cause } = await failureOf("throw");
  assertInstanceOf(cause, TypeError);
  assertEquals(cause.message, "an order");
  assertMatch(cause.stack!, /obedient_handler\.ts:/);
});

Deno.test("ThreadingTCPServer.handleError() gets what a handler rejects with", async () => {
  const error = await failureOf("reject");
  assertInstanceOf(error, Deno.errors.NotFound);
  assertEquals(error.message, "nothing there");
});

Deno.test("ThreadingTCPServer.handleError() gets an Error for a text that a handler throws", async () => {
  const error = await failureOf("throw text");
  assertStrictEquals(error.constructor, Error);
  assertMatch(error.message, /only a text/);
});

Deno.test("ThreadingTCPServer.handleError() gets request and client of a floating rejection", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  const { server } = session;
  const reported = Promise.withResolvers<unknown[]>();
  server.handleError = (...report) => reported.resolve(report);
  using client = await session.connect();
  assertEquals(await client.ask("float"), "floated");
  const [error, request, clientAddress] = await reported.promise;
  assertInstanceOf(error, RangeError);
  assertEquals(error.message, "nobody waits for it");
  assertStrictEquals(request, server.activeRequests[0]);
  assertEquals(clientAddress, client.connection.localAddr);
  assertEquals(await client.ask("still here"), "still here");
});

Deno.test("ThreadingTCPServer serves on the thread of a floating rejection", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  const { record } = session;
  using neighbour = await session.connect();
  const thread = await neighbour.ask("thread");
  using client = await session.connect();
  assertEquals(await client.ask("float"), "floated");
  assertInstanceOf(await record.nth(1), RangeError);
  assertEquals(await neighbour.ask("thread"), thread);
  using later = await session.connect();
  assertEquals(await later.ask("thread"), thread);
  assertEquals(record.errors.length, 1);
});
