import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ActiveWork } from "../../src/servers/active_work.ts";

const LIMIT_MS = 20_000;

Deno.test("ActiveWork.requests names each request once, in the order of their beginnings", () => {
  const work = new ActiveWork<string>();
  const first = work.begin("a");
  const others = ["b", "a", "c"].map((request) => work.begin(request));
  assertEquals(work.requests, ["a", "b", "c"]);
  work.end(others[0]!);
  assertEquals(work.requests, ["a", "c"]);
  work.end(first);
  assertEquals(work.requests, ["a", "c"]);
  work.end(others[1]!);
  assertEquals(work.requests, ["c"]);
  work.end(others[2]!);
  assertEquals(work.requests, []);
});

Deno.test("ActiveWork.drained() resolves when the last piece of work has ended", async () => {
  const work = new ActiveWork<string>();
  const pieces = ["a", "a"].map((request) => work.begin(request));
  let drained = false;
  const draining = work.drained().then(() => drained = true);
  work.end(pieces[0]!);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(drained, false);
  work.end(pieces[1]!);
  await deadline(draining, LIMIT_MS);
});
