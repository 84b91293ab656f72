import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { RemoteProtocolError } from "@socketserver/socketserver";
import { MAX_FAULTS } from "../../src/remote/frames.ts";
import {
  BREACHES,
  ForgingHandler,
} from "../fixtures/handlers/forging_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

for (const what of BREACHES) {
  Deno.test(`ThreadingTCPServer ends a thread that forges ${what}, and goes on`, async () => {
    await using session = new ThreadingSession(ForgingHandler);
    using client = await session.connect(what);
    await client.ended();
    assertInstanceOf(await session.record.nth(1), RemoteProtocolError);
    using another = await session.connect();
    assertEquals(await another.ask("another"), "another");
    assertEquals(session.record.errors.length, 1);
  });
}

Deno.test("ThreadingTCPServer ends a thread that floods it, and goes on", async () => {
  await using session = new ThreadingSession(ForgingHandler);
  using client = await session.connect("frames of the past");
  await client.ended();
  assertInstanceOf(await session.record.nth(1), RemoteProtocolError);
  using another = await session.connect();
  assertEquals(await another.ask("another"), "another");
});

Deno.test("ThreadingTCPServer ends a thread with more faults than a slow handleError() may be given", async () => {
  await using session = new ThreadingSession(ForgingHandler);
  const { promise: end, resolve } = Promise.withResolvers<void>();
  let faults = 0;
  const { handleError } = session.record;
  session.server.handleError = (error, request, clientAddress) => {
    if (request !== undefined) {
      return handleError(error, request, clientAddress);
    }
    faults++;
    return end;
  };
  using client = await session.connect("faults");
  await client.ended();
  assertInstanceOf(await session.record.nth(1), RemoteProtocolError);
  // It may be ended for its messages that wait, too, whichever comes first.
  assert(faults <= MAX_FAULTS, `${faults} faults`);
  resolve();
});
