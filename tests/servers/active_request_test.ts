import { assertEquals, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ActiveRequest } from "../../src/servers/active_request.ts";

const LIMIT_MS = 20_000;
const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };

function activeRequest(): ActiveRequest<string> {
  return new ActiveRequest("a request", ADDRESS);
}

for (const asked of ["before", "after"]) {
  Deno.test(`ActiveRequest.abort() aborts a signal that is asked for ${asked} it, once`, () => {
    const active = activeRequest();
    assertEquals(active.hasSignal, false);
    const early = asked === "before" ? active.signal : null;
    assertEquals(early?.aborted ?? false, false);
    const reason = new Error("the reason");
    active.abort(reason);
    active.abort(new Error("a later reason"));
    assertStrictEquals(active.signal.reason, reason);
    assertStrictEquals(active.reason, reason);
    if (early !== null) assertStrictEquals(early, active.signal);
  });
}

Deno.test("ActiveRequest.end() calls all that wait, and stops its clock, once", async () => {
  const active = activeRequest();
  let calls = "";
  active.time(() => calls += "clock ");
  active.whenOver(() => calls += "first ");
  active.whenOver(() => calls += "second ");
  const over = active.over();
  assertEquals([active.isTimed, active.isOver], [true, false]);
  active.end();
  active.end();
  active.untime();
  active.whenOver(() => calls += "late");
  await deadline(over, LIMIT_MS);
  assertEquals(calls, "clock first second late");
  assertEquals([active.isTimed, active.isOver], [false, true]);
});
