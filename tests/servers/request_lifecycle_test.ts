import { assertEquals, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { aTurn, hookedLifecycle } from "../fixtures/hooked_lifecycle.ts";

const LIMIT_MS = 20_000;
const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };
const FAILURE = new RangeError("it failed");

function fail(): never {
  throw FAILURE;
}

Deno.test("RequestLifecycle.dispatch() leaves the end of a request to processRequest()", async () => {
  const { lifecycle, calls } = hookedLifecycle();
  await lifecycle.dispatch(["request", ADDRESS]);
  assertEquals(calls, ["verifyRequest", "processRequest"]);
  assertEquals(lifecycle.active.size, 0);
});

Deno.test("RequestLifecycle.dispatch() shuts down a request that is refused", async () => {
  for (const answer of [false, Promise.resolve(false)]) {
    const { lifecycle, calls } = hookedLifecycle({
      verifyRequest: () => answer,
    });
    await lifecycle.dispatch(["request", ADDRESS]);
    assertEquals(calls, [
      "verifyRequest",
      "handleRefusal",
      "shutdownRequest",
      "closeRequest",
    ]);
  }
});

for (const hook of ["verifyRequest", "processRequest"] as const) {
  for (const way of ["throws", "rejects"]) {
    Deno.test(`RequestLifecycle.dispatch() reports a ${hook}() that ${way}, and releases the request`, async () => {
      const { lifecycle, calls, errors } = hookedLifecycle({
        [hook]: way === "throws" ? fail : () => Promise.reject(FAILURE),
      });
      await lifecycle.dispatch(["request", ADDRESS]);
      assertEquals(errors, [[FAILURE, "request", ADDRESS]]);
      assertEquals(calls.slice(-3), [
        "handleError",
        "shutdownRequest",
        "closeRequest",
      ]);
      assertEquals(lifecycle.active.size, 0);
    });
  }
}

Deno.test("RequestLifecycle.detach() counts a request until its work has ended", async () => {
  const { lifecycle, hooks, calls } = hookedLifecycle();
  const released = Promise.withResolvers<void>();
  const detached = Promise.withResolvers<Promise<void>>();
  hooks.processRequest = (request, clientAddress) => {
    detached.resolve(
      lifecycle.detach(request, clientAddress, () => released.promise),
    );
  };
  await lifecycle.dispatch(["request", ADDRESS]);
  assertEquals(lifecycle.active.requests, ["request"]);
  assertEquals(lifecycle.active.size, 1);
  let isDrained = false;
  const drained = lifecycle.active.drained().then(() => isDrained = true);
  await aTurn();
  assertEquals(isDrained, false);
  released.resolve();
  await detached.promise.then((work) => work);
  await drained;
  assertEquals(lifecycle.active.size, 0);
  assertEquals(calls.slice(-2), ["shutdownRequest", "closeRequest"]);
});

Deno.test("RequestLifecycle.detach() reports what its work throws, and releases the request", async () => {
  for (const work of [fail, () => Promise.reject(FAILURE)]) {
    const { lifecycle, calls, errors } = hookedLifecycle();
    await lifecycle.detach("request", ADDRESS, work);
    assertEquals(errors, [[FAILURE, "request", ADDRESS]]);
    assertEquals(calls, ["handleError", "shutdownRequest", "closeRequest"]);
  }
});

Deno.test("RequestLifecycle.detach() counts a request until it has been shut down", async () => {
  const shutDown = Promise.withResolvers<void>();
  const { lifecycle } = hookedLifecycle({
    shutdownRequest: () => shutDown.promise,
  });
  const detached = lifecycle.detach("request", ADDRESS, () => {});
  await aTurn();
  assertEquals(lifecycle.active.requests, ["request"]);
  shutDown.resolve();
  await detached;
  assertEquals(lifecycle.active.requests, []);
});

Deno.test("RequestLifecycle.detach() calls its work as a method of the server", async () => {
  const { lifecycle, hooks } = hookedLifecycle();
  let self: unknown;
  await lifecycle.detach("request", ADDRESS, function (this: unknown) {
    self = this;
  });
  assertStrictEquals(self, hooks);
});

Deno.test("RequestLifecycle.release() closes a request whose shutdownRequest() fails", async () => {
  const { lifecycle, calls } = hookedLifecycle({ shutdownRequest: fail });
  await lifecycle.release(["request", ADDRESS]);
  assertEquals(calls, ["shutdownRequest", "handleError", "closeRequest"]);
});

Deno.test("RequestLifecycle.dispatchSoon() begins no request that has waited for longer than it may take", async () => {
  const turn = Promise.withResolvers<void>();
  const limits = [null, 0.01];
  const { lifecycle, calls } = hookedLifecycle({
    processRequest: () => turn.promise,
  }, { requestTimeout: () => limits.shift()! });
  lifecycle.dispatchSoon([["one", ADDRESS], ["two", ADDRESS]]);
  while (lifecycle.active.size > 1) {
    await deadline(lifecycle.active.shrunk(), LIMIT_MS);
  }
  turn.resolve();
  await lifecycle.active.drained();
  await aTurn();
  assertEquals(calls.filter((it) => it === "processRequest").length, 1);
  const { handled, failed } = lifecycle.active.counts;
  assertEquals([handled, failed], [1, 1]);
});

Deno.test("RequestLifecycle.dispatchSoon() counts requests at once, and handles one after the other where processRequest() waits", async () => {
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let begun = 0;
  const { lifecycle } = hookedLifecycle({
    processRequest: () => ends[begun++]!.promise,
  });
  lifecycle.dispatchSoon([["one", ADDRESS], ["two", ADDRESS]]);
  assertEquals([lifecycle.active.size, begun], [2, 0]);
  await aTurn();
  await aTurn();
  assertEquals([lifecycle.active.size, begun], [2, 1]);
  ends[0]!.resolve();
  await aTurn();
  assertEquals([lifecycle.active.size, begun], [1, 2]);
  ends[1]!.resolve();
  await lifecycle.active.drained();
});

for (const way of ["shutdownRequest", "closeAfter"]) {
  Deno.test(`RequestLifecycle.dispatch() lets a client come again that has been answered, and whose connection is still open by ${way}()`, async () => {
    const closed = Promise.withResolvers<void>();
    const { lifecycle, hooks } = hookedLifecycle(
      way === "closeAfter" ? {} : { shutdownRequest: () => closed.promise },
      { maxRequestsPerClient: () => 1 },
    );
    const answered = Promise.withResolvers<void>();
    hooks.processRequest = (request, clientAddress) => {
      if (way === "closeAfter") {
        answered.promise.then(() =>
          lifecycle.ending.closeAfter(request, closed.promise)
        );
        return answered.promise;
      }
      lifecycle.detach(request, clientAddress, () => answered.promise);
      return undefined;
    };
    lifecycle.dispatch(["one", ADDRESS], true);
    await lifecycle.dispatch(["two", ADDRESS], true);
    answered.resolve();
    await aTurn();
    lifecycle.dispatch(["three", ADDRESS], true);
    closed.resolve();
    await lifecycle.active.drained();
    const { refused, handled } = lifecycle.active.counts;
    assertEquals({ refused, handled }, { refused: 1, handled: 2 });
  });
}
