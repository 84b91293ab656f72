import { assertEquals } from "@std/assert";
import { Deadlines } from "../../src/streams/deadlines.ts";

// The sanitizer finds a timer that is left when a test has ended.

/** Starts a deadline, and tells when it has passed. */
function started(milliseconds: number) {
  const { promise, resolve } = Promise.withResolvers<number>();
  const deadlines = Deadlines.of(milliseconds);
  const begin = performance.now();
  const deadline = deadlines.start(() => resolve(performance.now() - begin));
  return { passed: promise, end: () => deadlines.end(deadline) };
}

Deno.test("Deadlines.start() has its function called when the time has passed", async () => {
  assertEquals(await started(20).passed >= 20, true);
});

Deno.test("Deadlines.start() has each called after its own time, in order", async () => {
  const order: string[] = [];
  const waits = [[60, "c"], [20, "a"], [40, "b"], [20, "a"], [
    60,
    "c",
  ]] as const;
  await Promise.all(waits.map(async ([milliseconds, name]) => {
    const elapsed = await started(milliseconds).passed;
    assertEquals(elapsed >= milliseconds, true, `${name} after ${elapsed} ms`);
    order.push(name);
  }));
  assertEquals(order.join(""), "aabcc");
});

Deno.test("Deadlines.start() waits the whole time after one that began before and has ended", async () => {
  const first = started(30);
  await started(20).passed;
  const second = started(30);
  first.end();
  assertEquals(await second.passed >= 30, true);
});

Deno.test("Deadlines.end() keeps the function from being called, and leaves no timer", async () => {
  const first = started(10);
  const ended = started(10);
  const last = started(10);
  ended.end();
  await Promise.all([first.passed, last.passed]);
  const late = await Promise.race([
    ended.passed,
    Promise.resolve("not called"),
  ]);
  assertEquals(late, "not called");
  for (const { end } of [first, ended, last]) end(); // once more does nothing
});

Deno.test("Deadlines.end() leaves no timer of a long time either", () => {
  const all = Array.from({ length: 3 }, () => started(3_600_000));
  for (const { end } of all) end();
});

Deno.test("Deadlines.start() works when the timer is about to be ended", async () => {
  for (let turns = 0; turns < 12; turns++) {
    const first = started(15);
    first.end();
    for (let i = 0; i < turns; i++) await null;
    assertEquals(await started(15).passed >= 15, true, `${turns} turns later`);
  }
});

Deno.test("Deadlines.of() gives those that wait the same timer", async () => {
  const { setTimeout } = globalThis;
  let timers = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    timers++;
    return setTimeout(...args);
  }) as typeof setTimeout;
  try {
    const all = Array.from({ length: 100 }, () => started(25));
    assertEquals(timers, 1);
    await Promise.all(all.map(({ passed }) => passed));
    assertEquals(timers < 10, true, `${timers} timers`);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
});
