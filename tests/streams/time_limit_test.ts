import { assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { withinTimeLimit } from "../../src/streams/time_limit.ts";

// The sanitizer finds a timer that is left when a test has ended.

Deno.test("withinTimeLimit() resolves to what the operation gives, and leaves no timer", async () => {
  assertEquals(await withinTimeLimit(Promise.resolve(3), 3600, "read"), 3);
});

Deno.test("withinTimeLimit() rejects as the operation does, and leaves no timer", async () => {
  const operation = Promise.reject(new Deno.errors.ConnectionReset());
  await assertRejects(
    () => withinTimeLimit(operation, 3600, "read"),
    Deno.errors.ConnectionReset,
  );
});

Deno.test("withinTimeLimit() rejects with TimedOut after the limit", async () => {
  const never = new Promise(() => {});
  await assertRejects(
    () => withinTimeLimit(never, 0.02, "read"),
    Deno.errors.TimedOut,
    "Cannot read within the timeout: current value is 0.02 seconds",
  );
});

Deno.test("withinTimeLimit() counts in seconds", async () => {
  const operation = delay(50).then(() => "done");
  assertEquals(await withinTimeLimit(operation, 20, "read"), "done");
});

Deno.test("withinTimeLimit() ignores an operation that fails after the limit", async () => {
  const late = Promise.withResolvers<void>();
  await assertRejects(
    () => withinTimeLimit(late.promise, 0, "read"),
    Deno.errors.TimedOut,
  );
  late.reject(new Error("too late"));
  // Deno would report an unhandled rejection, and fail, in the next turn.
  await delay(0);
});

Deno.test("withinTimeLimit() does not take a limit beyond the platform's longest timer for none", async () => {
  // 30 days; a timer of more than 2 ** 31 milliseconds ends at once.
  for (const seconds of [30 * 86_400, Infinity]) {
    assertEquals(
      await withinTimeLimit(delay(50).then(() => "done"), seconds, "read"),
      "done",
    );
  }
});
