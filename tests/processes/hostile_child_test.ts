import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { RemoteProtocolError } from "@socketserver/socketserver";
import { MAX_FAULTS } from "../../src/remote/frames.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import {
  BREACHES,
  FLOODS,
  ForgingHandler,
} from "../fixtures/handlers/forging_handler.ts";

const LIMIT_MS = 30_000;
const ROUNDS = 30;

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

for (const what of FLOODS) {
  Deno.test(`ForkingTCPServer answers a client while a child sends ${what}`, async () => {
    await using session = new ForkingSession(ForgingHandler, {
      drainTimeout: 0,
    });
    session.server.shutdownByHandler = () => {};
    await using honest = new Dialogue(await session.connect());
    await honest.send("first");
    assertEquals(await honest.receive(), "first");
    await using hostile = new Dialogue(await session.connect());
    await hostile.send(what);
    for (let i = 0; i < ROUNDS; i++) {
      await honest.send(`line ${i}`);
      assertEquals(await honest.receive(), `line ${i}`);
    }
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
