import { assert, assertEquals } from "@std/assert";
import { BackOff } from "../../src/servers/back_off.ts";
import { Run } from "../../src/servers/run.ts";

/** Makes the next pause as long as a pause may be. */
async function exhaust(backOff: BackOff): Promise<void> {
  const stopped = new Run({ forever: true });
  stopped.stop();
  for (let i = 0; i < 10; i++) await backOff.pause(stopped);
}

/** How long a pause takes, in milliseconds. */
async function timed(backOff: BackOff): Promise<number> {
  const begin = performance.now();
  await backOff.pause(new Run({ forever: true }));
  return performance.now() - begin;
}

Deno.test("BackOff.pause() doubles, and reset() begins anew", async () => {
  const backOff = new BackOff();
  assert(await timed(backOff) >= 4);
  assert(await timed(backOff) >= 9);
  assert(await timed(backOff) >= 19);
  await exhaust(backOff);
  assert(await timed(backOff) >= 999);
  backOff.reset();
  const run = new Run({ forever: true });
  const paused = backOff.pause(run).then(() => "paused");
  const second = Promise.withResolvers<string>();
  const timer = setTimeout(() => second.resolve("a second"), 999);
  assertEquals(await Promise.race([paused, second.promise]), "paused");
  clearTimeout(timer);
});

Deno.test("BackOff.pause() ends at once when the run is stopped", async () => {
  const backOff = new BackOff();
  await exhaust(backOff);
  const run = new Run({ forever: true });
  const paused = backOff.pause(run).then(() => "paused");
  const next = Promise.withResolvers<string>();
  const timer = setTimeout(() => next.resolve("a turn later"), 0);
  run.stop();
  assertEquals(await Promise.race([paused, next.promise]), "paused");
  clearTimeout(timer);
});

Deno.test("BackOff.pause() goes on when the run is only woken", async () => {
  const backOff = new BackOff();
  const run = new Run({ forever: true });
  let isOver = false;
  const paused = backOff.pause(run).then(() => isOver = true);
  run.wake();
  await Promise.resolve();
  assertEquals(isOver, false);
  await paused;
});
