import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { isOwnClients } from "../../src/servers/own_client.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ResettingClient } from "../fixtures/clients/resetting_client.ts";
import type { ErrorRecord } from "../fixtures/error_record.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { Gate } from "../fixtures/gate.ts";
import { until } from "../fixtures/until.ts";

// A client that resets its connection before a child can take its request.

const LIMIT_MS = 30_000;
const ONE_CHILD = { maxChildren: 1, minSpareChildren: 0 };

/** A client whose request has been taken. */
async function resetting({ server }: ForkingSession): Promise<ResettingClient> {
  const before = server.activeRequests.length;
  const client = await ResettingClient.connect(server.serverAddress);
  await until(() => server.activeRequests.length > before);
  return client;
}

/** The report tells of a client that has gone, and of nothing else. */
async function assertReportsLoss(
  record: ErrorRecord,
  count: number,
): Promise<void> {
  const { error, request } = await record.nthReport(count);
  assertInstanceOf(error, Deno.errors.ConnectionReset);
  assertEquals(isOwnClients(error, request), true);
  assertEquals(record.errors.length, count);
}

/** The child that serves a client from beginning to end. */
async function served(client: Dialogue): Promise<string | undefined> {
  await client.send("go on");
  const first = await client.receive();
  assertEquals(await client.receive(), first);
  return first;
}

Deno.test("ForkingTCPServer starts no second child for the client behind one that reset in the queue", async () => {
  using gate = new Gate();
  await using session = new ForkingSession(gate.Handler, {
    ...gate.options,
    ...ONE_CHILD,
  });
  await using first = new Dialogue(await session.connect());
  const child = await first.receive();
  const lost = await resetting(session);
  await using last = new Dialogue(await session.connect());
  await lost.reset();
  await first.send("go on");
  assertEquals(await first.receive(), child);
  await served(last);
  await assertReportsLoss(session.record, 1);
  assertEquals(gate.started, 2);
});

Deno.test("ForkingTCPServer starts no second child for the client behind one that reset while its child started", async () => {
  using gate = new Gate();
  await using session = new ForkingSession(gate.Handler, {
    ...gate.options,
    ...ONE_CHILD,
  });
  await using first = new Dialogue(await session.connect());
  await first.receive();
  const lost = await resetting(session);
  await using last = new Dialogue(await session.connect());
  gate.shut();
  await first.send("go on");
  await gate.holds(1);
  await lost.reset();
  gate.open();
  await served(last);
  await assertReportsLoss(session.record, 1);
  assertEquals(gate.started, 2);
});

Deno.test("ForkingTCPServer.maxRequestsPerChild does not count a client that reset in the queue", async () => {
  using gate = new Gate();
  await using session = new ForkingSession(gate.Handler, {
    ...gate.options,
    ...ONE_CHILD,
    maxRequestsPerChild: 2,
  });
  await using first = new Dialogue(await session.connect());
  const child = await first.receive();
  const lost = await resetting(session);
  await using second = new Dialogue(await session.connect());
  await lost.reset();
  await first.send("go on");
  assertEquals(await served(second), child);
  await assertReportsLoss(session.record, 1);
});

Deno.test("ForkingTCPServer answers a client that has half-closed while it waited for a child", async () => {
  using gate = new Gate();
  await using session = new ForkingSession(gate.Handler, {
    ...gate.options,
    ...ONE_CHILD,
  });
  await using first = new Dialogue(await session.connect());
  const child = await first.receive();
  const answer = session.ask("go on\n");
  await until(() => session.server.activeRequests.length === 2);
  await first.send("go on");
  const [begun, ended] = (await answer).split("\n");
  assertEquals(begun, ended);
  assertEquals(begun === child, false);
  assertEquals(session.record.errors, []);
});

Deno.test("ForkingTCPServer ends the children that were started for clients that reset, but for the spare one", async () => {
  using gate = new Gate();
  await using session = new ForkingSession(gate.Handler, gate.options);
  await using first = new Dialogue(await session.connect());
  await first.receive();
  await until(() => gate.started === 2);
  gate.shut();
  const lost = [];
  for (let i = 0; i < 4; i++) lost.push(await resetting(session));
  // One of them has the spare child that was there, and a fifth is to be one.
  await gate.holds(4);
  for (const client of lost) await client.reset();
  gate.open();
  await session.record.nth(4);
  await first.send("go on");
  await first.ended();
  await until(() => gate.living === 1);
  assertEquals((await session.ask("go on\n")).length > 0, true);
});

Deno.test("ForkingTCPServer.shutdown() leaves no child that was started for a client that reset", async () => {
  using gate = new Gate();
  await using session = new ForkingSession(gate.Handler, {
    ...gate.options,
    ...ONE_CHILD,
    maxChildren: 2,
  });
  await using first = new Dialogue(await session.connect());
  await first.receive();
  gate.shut();
  const lost = await resetting(session);
  await gate.holds(1);
  await deadline(session.server.shutdown(), LIMIT_MS);
  await lost.reset();
  gate.open();
  await assertReportsLoss(session.record, 1);
  await first.send("go on");
  await until(() => gate.living === 0);
});
