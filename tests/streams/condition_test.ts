import { assertEquals, assertStrictEquals } from "@std/assert";
import { Condition } from "../../src/streams/condition.ts";

Deno.test("Condition.notify() wakes everyone who waits", async () => {
  const condition = new Condition();
  const woken: string[] = [];
  const first = condition.wait().then(() => woken.push("first"));
  const second = condition.wait().then(() => woken.push("second"));
  assertEquals(woken, []);
  condition.notify();
  await Promise.all([first, second]);
  assertEquals(woken, ["first", "second"]);
});

Deno.test("Condition.notify() is forgotten if nobody waits", async () => {
  const condition = new Condition();
  condition.notify();
  const waiting = condition.wait();
  const woken = Symbol("woken");
  const nothing = Symbol("nothing");
  const first = await Promise.race([waiting.then(() => woken), nothing]);
  assertStrictEquals(first, nothing);
  condition.notify();
  await waiting;
});

Deno.test("Condition.wait() gives all who wait the same promise", () => {
  const condition = new Condition();
  const waiting = condition.wait();
  assertStrictEquals(condition.wait(), waiting);
  condition.notify();
});
