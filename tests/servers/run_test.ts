import { assertEquals, assertRejects } from "@std/assert";
import { InterruptibleWait } from "../../src/servers/interruptible_wait.ts";
import { Run } from "../../src/servers/run.ts";

function endless(): Promise<string> {
  return new Promise(() => {});
}

Deno.test("Run.wait() resolves to null when the run is woken, and can wait again", async () => {
  const run = new Run({ forever: true });
  const wait = new InterruptibleWait(endless);
  for (let i = 0; i < 2; i++) {
    const waiting = run.wait(wait);
    run.wake();
    assertEquals(await waiting, null);
  }
  assertEquals(run.stopped, false);
});

Deno.test("Run.stop() ends the wait, and every later one, without a call of the source", async () => {
  const run = new Run({ forever: true });
  const waiting = run.wait(new InterruptibleWait(endless));
  run.stop();
  assertEquals(await waiting, null);
  let calls = 0;
  const later = new InterruptibleWait(() => ++calls);
  assertEquals(await run.wait(later), null);
  assertEquals([run.stopped, calls], [true, 0]);
});

Deno.test("Run.until() waits past wake-ups, and tells of each", async () => {
  const run = new Run({ forever: true });
  const end = Promise.withResolvers<void>();
  const woken = Promise.withResolvers<void>();
  let wakes = 0;
  const waited = run.until(() => end.promise, () => {
    wakes++;
    woken.resolve();
  });
  run.wake();
  await woken.promise;
  end.resolve();
  await waited;
  assertEquals([wakes, run.stopped], [1, false]);
});

Deno.test("Run.until() rejects with what it waits for", async () => {
  const run = new Run({ forever: true });
  const end = Promise.withResolvers<void>();
  const waited = run.until(() => end.promise);
  run.wake();
  end.reject(new RangeError("it failed"));
  await assertRejects(() => waited, RangeError, "it failed");
});

Deno.test("Run.abandon() ends a call whose work goes on", async () => {
  const run = new Run({ forever: false });
  const called = run.unlessAbandoned(new Promise(() => {}));
  run.abandon();
  await called;
});
