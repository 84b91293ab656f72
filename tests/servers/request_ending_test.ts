import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ConsoleErrors } from "../fixtures/console_errors.ts";
import { aTurn, hookedLifecycle } from "../fixtures/hooked_lifecycle.ts";

const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };
const FAILURE = new RangeError("it failed");
const LIMIT_MS = 20_000;

function fail(): never {
  throw FAILURE;
}

Deno.test("RequestEnding.refuse() closes what the platform holds if closeRequest() fails as well", async () => {
  const rejecting = () => Promise.reject(FAILURE);
  for (const close of [() => {}, fail, rejecting]) {
    let closed = 0;
    const { lifecycle, errors } = hookedLifecycle<{ close(): unknown }>({
      shutdownRequest: fail,
      closeRequest: fail,
    });
    const request = {
      close() {
        closed++;
        return close();
      },
    };
    await lifecycle.release([request, ADDRESS]);
    assertEquals([closed, errors.length, lifecycle.active.size], [1, 2, 0]);
  }
});

Deno.test("RequestEnding.closeAfter() counts a request until its work has ended, and closes it", async () => {
  const { lifecycle, calls } = hookedLifecycle();
  const ended = Promise.withResolvers<void>();
  const active = lifecycle.active.begin("request", ADDRESS);
  const closed = lifecycle.ending.closeAfter("request", ended.promise);
  lifecycle.active.end(active);
  await aTurn();
  assertEquals([lifecycle.active.requests, calls], [["request"], []]);
  ended.resolve();
  await closed;
  assertEquals([lifecycle.active.requests, calls], [[], ["closeRequest"]]);
});

Deno.test("RequestEnding.closeAfter() does not wait for a closeRequest() without end if the request has a limit", async () => {
  const { lifecycle } = hookedLifecycle({
    closeRequest: () => new Promise(() => {}),
  });
  const active = lifecycle.active.begin("request", ADDRESS);
  active.time(() => {});
  const closed = lifecycle.ending.closeAfter("request", Promise.resolve());
  lifecycle.active.end(active);
  await deadline(closed, LIMIT_MS);
  assertEquals(lifecycle.active.counts.handled, 1);
});

Deno.test("RequestEnding.closeAfter() leaves alone what has been abandoned, but is waited for", async () => {
  const { lifecycle, calls } = hookedLifecycle<object>();
  const request = {};
  const active = lifecycle.active.begin(request, ADDRESS);
  await lifecycle.ending.abandon(active);
  const ended = Promise.withResolvers<void>();
  const closed = lifecycle.ending.closeAfter(request, ended.promise);
  let isDrained = false;
  const drained = lifecycle.active.drained().then(() => isDrained = true);
  await aTurn();
  assertEquals([lifecycle.active.size, isDrained], [0, false]);
  ended.resolve();
  await deadline(Promise.all([closed, drained]), LIMIT_MS);
  assertEquals(lifecycle.active.counts.handled, 1);
  assertEquals(calls.at(-1), "closeRequest");
});

Deno.test("RequestEnding.abandon() shuts a request down, and closes it if that takes long", async () => {
  const { lifecycle, calls } = hookedLifecycle({
    shutdownRequest: () => new Promise(() => {}),
  });
  const active = lifecycle.active.begin("request", ADDRESS);
  await deadline(lifecycle.ending.abandon(active), LIMIT_MS);
  assertEquals(calls, ["shutdownRequest", "closeRequest"]);
  assertEquals(active.isOver, true);
});

Deno.test("RequestEnding.closeRemaining() closes each request that is being handled, once", async () => {
  const closed: string[] = [];
  const { lifecycle } = hookedLifecycle({
    closeRequest: (request) => void closed.push(request),
    shutdownRequest: () => {},
  });
  const released = Promise.withResolvers<void>();
  const works = ["one", "two"].map((request) =>
    lifecycle.detach(request, ADDRESS, () => released.promise)
  );
  await lifecycle.ending.closeRemaining();
  assertEquals(closed, ["one", "two"]);
  released.resolve();
  await Promise.all(works);
});

Deno.test("RequestEnding.report() prints what handleError() throws", async () => {
  using printed = new ConsoleErrors();
  const { lifecycle } = hookedLifecycle({ handleError: fail });
  await lifecycle.ending.report("anything", undefined, undefined);
  assertEquals(printed.texts.length, 1);
  assertEquals(printed.texts[0]!.includes("RangeError: it failed"), true);
});
