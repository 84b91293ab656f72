import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ActiveRequests } from "../../src/servers/active_requests.ts";

const LIMIT_MS = 20_000;
const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };

Deno.test("ActiveRequests.requests names each request until its last piece of work has ended", () => {
  const active = new ActiveRequests<string>();
  const [a, b] = ["a", "b"].map((it) => active.begin(it, ADDRESS));
  assertEquals(active.join("a", ADDRESS), a);
  const c = active.join("c", ADDRESS);
  assertEquals(active.requests, ["a", "b", "c"]);
  active.end(b!);
  active.end(a!);
  assertEquals(active.requests, ["a", "c"]);
  active.end(a!);
  assertEquals(active.requests, ["c"]);
  active.end(c);
  active.end(c);
  assertEquals([active.requests, active.size], [[], 0]);
});

Deno.test("ActiveRequests.drained() resolves when the last piece of work has ended", async () => {
  const active = new ActiveRequests<string>();
  const a = active.begin("a", ADDRESS);
  active.join("a", ADDRESS);
  let drained = false;
  const draining = active.drained().then(() => drained = true);
  active.end(a);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(drained, false);
  active.end(a);
  await deadline(draining, LIMIT_MS);
});

Deno.test("ActiveRequests.counts says how requests have ended", () => {
  const active = new ActiveRequests<string>();
  const begun = ["a", "b", "c", "d"].map((it) => active.begin(it, ADDRESS));
  begun[0]!.outcome = "failed";
  begun[1]!.outcome = "refused";
  for (const each of begun.slice(0, 3)) active.leave(each);
  active.leave(begun[0]!);
  assertEquals(active.counts, {
    accepted: 4,
    failed: 1,
    refused: 1,
    handled: 1,
  });
});
