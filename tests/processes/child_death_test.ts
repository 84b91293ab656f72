import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ChildProcessError } from "@socketserver/socketserver";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { MisbehavingHandler } from "../fixtures/handlers/misbehaving_handler.ts";

const LIMIT_MS = 30_000;
// Where there are no signals, a process that is killed has an exit code.
const isWindows = Deno.build.os === "windows";

async function assertKilled(session: ForkingSession): Promise<void> {
  const error = await session.record.nth(1);
  assertInstanceOf(error, ChildProcessError);
  assertEquals(error.signal, isWindows ? null : "SIGKILL");
  assert((await session.ask("pid\n")).length > 0);
  await session.close();
  assertEquals(session.record.errors.length, 1);
}

Deno.test("ForkingTCPServer goes on when a child is killed before its client's first byte", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  const started = Promise.withResolvers<void>();
  const { server } = session;
  const finishRequest = server.finishRequest.bind(server);
  server.finishRequest = (...request) => {
    const finished = finishRequest(...request);
    started.resolve();
    return finished;
  };
  await using client = new Dialogue(await session.connect());
  await deadline(started.promise, LIMIT_MS);
  const [pid] = server.activeChildren;
  Deno.kill(pid!, "SIGKILL");
  await client.ended();
  await assertKilled(session);
});

Deno.test("ForkingTCPServer goes on when a child is killed while its handler reads", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  await using client = new Dialogue(await session.connect());
  await client.send("read on");
  Deno.kill(Number(await client.receive()), "SIGKILL");
  await client.ended();
  await assertKilled(session);
});

for (const reading of [true, false]) {
  Deno.test(`ForkingTCPServer goes on when a child is killed while it writes to a client that ${reading ? "reads" : "doesn't read"}`, async () => {
    await using session = new ForkingSession(MisbehavingHandler);
    const connection = await session.connect();
    await using client = new Dialogue(connection);
    await client.send("write");
    const pid = Number(await client.receive());
    const drained = reading ? client.ended() : Promise.resolve();
    Deno.kill(pid, "SIGKILL");
    await drained;
    await assertKilled(session);
  });
}

Deno.test("ForkingTCPServer loses no request when a child is killed after its last one", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  for (let i = 0; i < 3; i++) {
    const pid = Number(await session.ask("pid\n"));
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      assertInstanceOf(error, Deno.errors.NotFound); // it has ended by itself
    }
  }
  await session.close();
  assertEquals(session.record.errors, []);
});

Deno.test("ForkingTCPServer replaces a child that is killed while it waits for its next request", async () => {
  await using session = new ForkingSession(MisbehavingHandler, {
    maxChildren: 1,
    maxRequestsPerChild: 100,
  });
  const pid = await session.ask("pid\n");
  assertEquals(await session.ask("pid\n"), pid);
  Deno.kill(Number(pid), "SIGKILL");
  // A request may meet the child before the server has heard of its end.
  const answers = [await session.ask("pid\n"), await session.ask("pid\n")];
  const answer = answers.at(-1)!;
  assertMatch(answer, /^\d+\n$/);
  assert(answer !== pid);
});

Deno.test("ForkingTCPServer goes on when a child runs out of memory", async () => {
  await using session = new ForkingSession(MisbehavingHandler, {
    denoFlags: ["--v8-flags=--max-old-space-size=32"],
  });
  await using client = new Dialogue(await session.connect());
  await client.send("memory");
  await client.ended();
  const error = await session.record.nth(1);
  assertInstanceOf(error, ChildProcessError);
  assertMatch(error.stderr, /out of memory/i);
  assert((await session.ask("pid\n")).length > 0);
});
