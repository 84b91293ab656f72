import { assertEquals, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ActiveRequests } from "../../src/servers/active_requests.ts";

const LIMIT_MS = 20_000;
const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };

Deno.test("ActiveRequests.requests names each request until its last piece of work has ended", () => {
  const active = new ActiveRequests<string>();
  const [a, b] = ["a", "b"].map((it) => active.begin(it, ADDRESS));
  a!.pieces++;
  assertEquals(active.requests, ["a", "b"]);
  active.end(b!);
  active.end(a!);
  assertEquals(active.requests, ["a"]);
  active.end(a!);
  active.end(a!);
  assertEquals([active.requests, active.size], [[], 0]);
});

Deno.test("ActiveRequests.drained() resolves when the last piece of work has ended", async () => {
  const active = new ActiveRequests<string>();
  const a = active.begin("a", ADDRESS);
  a.pieces++;
  let drained = false;
  const draining = active.drained().then(() => drained = true);
  active.end(a);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(drained, false);
  active.end(a);
  await deadline(draining, LIMIT_MS);
});

Deno.test("ActiveRequests.counts says how requests have ended, as it was noted first", () => {
  const active = new ActiveRequests<string>();
  const begun = ["a", "b", "c", "d"].map((it) => active.begin(it, ADDRESS));
  begun[0]!.note("failed");
  begun[0]!.note("refused");
  begun[1]!.note("refused");
  for (const each of begun.slice(0, 3)) active.end(each);
  active.end(begun[0]!);
  assertEquals(active.counts, {
    accepted: 4,
    failed: 1,
    refused: 1,
    handled: 1,
    active: 1,
  });
});

Deno.test("ActiveRequests.abandon() ends a request that goes on, and can still be found", () => {
  const active = new ActiveRequests<object | string>();
  const request = {};
  const a = active.begin(request, ADDRESS);
  const b = active.begin("a string", ADDRESS);
  a.pieces++;
  active.abandon(a);
  active.abandon(b);
  assertEquals([active.size, a.isOver], [0, true]);
  assertStrictEquals(active.find(request), a);
  assertEquals(active.find("a string"), null); // nothing remembers it
  active.end(a);
  active.end(a);
  active.abandon(a);
  assertEquals(active.counts.handled, 2);
});

for (const what of ["end", "abandon"] as const) {
  Deno.test(`ActiveRequests.${what}() wakes those who wait for room`, async () => {
    const active = new ActiveRequests<string>();
    const [a] = ["a", "b"].map((it) => active.begin(it, ADDRESS));
    const shrunk = active.shrunk();
    active[what](a!);
    await deadline(shrunk, LIMIT_MS);
  });
}
