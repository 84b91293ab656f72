import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { RemoteProtocolError } from "@socketserver/socketserver";
import { MAX_FAULTS } from "../../src/remote/frames.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import {
  BREACHES,
  ForgingHandler,
} from "../fixtures/handlers/forging_handler.ts";

const LIMIT_MS = 30_000;
const ROUNDS = 30;
/** Of faults, or shutdowns, which a child that is held back can cause. */
const MOST_PER_MS = 4;

for (const what of BREACHES) {
  Deno.test(`ForkingTCPServer ends a child that forges ${what}, and goes on`, async () => {
    await using session = new ForkingSession(ForgingHandler, {
      drainTimeout: 5,
    });
    await using client = new Dialogue(await session.connect());
    await client.send(what);
    await client.ended();
    assertInstanceOf(await session.record.nth(1), RemoteProtocolError);
    assertEquals(await session.ask("another\n"), "another\n");
    await session.close();
    assertEquals(session.record.errors.length, 1);
    assertEquals(session.server.activeChildren.size, 0);
  });
}

for (const what of ["faults", "shutdowns"]) {
  Deno.test(`ForkingTCPServer answers a client while it hears of ${what}, some at a time`, async () => {
    await using session = new ForkingSession(ForgingHandler, {
      drainTimeout: 0,
    });
    let heard = 0;
    const first = Promise.withResolvers<void>();
    const hear = () => {
      heard++;
      first.resolve();
    };
    session.server.shutdownByHandler = hear;
    session.server.handleError = hear;
    await using honest = new Dialogue(await session.connect());
    await honest.send("first");
    assertEquals(await honest.receive(), "first");
    await using hostile = new Dialogue(await session.connect());
    await hostile.send(what);
    await deadline(first.promise, LIMIT_MS);
    const start = performance.now();
    for (let i = 0; i < ROUNDS; i++) {
      await honest.send(`line ${i}`);
      assertEquals(await honest.receive(), `line ${i}`);
    }
    const rate = heard / (performance.now() - start + 10);
    assert(rate < MOST_PER_MS, `${rate} a millisecond`);
    await deadline(session.server.serverClose(), LIMIT_MS);
  });
}

Deno.test("ForkingTCPServer ends a child with more faults than a slow handleError() may be given", async () => {
  await using session = new ForkingSession(ForgingHandler, { drainTimeout: 0 });
  const { server } = session;
  const { promise: end, resolve } = Promise.withResolvers<void>();
  const failed = Promise.withResolvers<unknown>();
  let faults = 0;
  server.handleError = (error, request) => {
    if (request !== undefined) return failed.resolve(error);
    faults++;
    return end;
  };
  await using hostile = new Dialogue(await session.connect());
  await hostile.send("faults");
  const error = await deadline(failed.promise, LIMIT_MS);
  assertInstanceOf(error, RemoteProtocolError);
  assertEquals(faults, MAX_FAULTS);
  assertEquals(await session.ask("another\n"), "another\n");
  resolve();
});

Deno.test("ForkingTCPServer hears of one shutdown at a time", async () => {
  await using session = new ForkingSession(ForgingHandler, { drainTimeout: 0 });
  const heard = Promise.withResolvers<void>();
  let shutdowns = 0;
  session.server.shutdownByHandler = () => {
    shutdowns++;
    heard.resolve();
    return new Promise(() => {});
  };
  await using hostile = new Dialogue(await session.connect());
  await hostile.send("shutdowns");
  await deadline(heard.promise, LIMIT_MS);
  for (let i = 0; i < ROUNDS; i++) await session.ask("another\n");
  assert(shutdowns === 1, `${shutdowns} calls`);
});
