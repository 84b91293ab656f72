import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  type RequestHooks,
  RequestLifecycle,
  type RequestMeans,
} from "../../src/servers/request_lifecycle.ts";
import { ConsoleErrors } from "../fixtures/console_errors.ts";

const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };
const MEANS: RequestMeans = {
  executor: () => null,
  maxRequestsPerClient: () => Infinity,
  requestTimeout: () => null,
};
const FAILURE = new RangeError("it failed");

/** Hooks that note their calls; some may fail, or do something else. */
function lifecycleOf(changes: Partial<RequestHooks<string>> = {}) {
  const calls: string[] = [];
  const hooks: RequestHooks<string> = {
    verifyRequest: () => true,
    processRequest: () => {},
    handleRefusal: () => {},
    shutdownRequest: () => hooks.closeRequest("request"),
    closeRequest: () => {},
    handleError: () => {},
    ...changes,
  };
  for (const [name, hook] of Object.entries(hooks)) {
    Object.assign(hooks, {
      [name]: (...args: unknown[]) => {
        calls.push(name);
        return hook(...args as [never, never, never]);
      },
    });
  }
  return { lifecycle: new RequestLifecycle(hooks, MEANS), calls, hooks };
}

/** Lets everything happen that needs no event from outside. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function fail(): never {
  throw FAILURE;
}

Deno.test("RequestLifecycle.dispatch() leaves the end of a request to processRequest()", async () => {
  const { lifecycle, calls } = lifecycleOf();
  await lifecycle.dispatch(["request", ADDRESS]);
  assertEquals(calls, ["verifyRequest", "processRequest"]);
  assertEquals(lifecycle.active.size, 0);
});

Deno.test("RequestLifecycle.dispatch() shuts down a request that is refused", async () => {
  for (const answer of [false, Promise.resolve(false)]) {
    const { lifecycle, calls } = lifecycleOf({ verifyRequest: () => answer });
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
      const errors: unknown[][] = [];
      const { lifecycle, calls } = lifecycleOf({
        [hook]: way === "throws" ? fail : () => Promise.reject(FAILURE),
        handleError: (...error) => void errors.push(error),
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
  const { lifecycle, hooks, calls } = lifecycleOf();
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
    const errors: unknown[][] = [];
    const { lifecycle, calls } = lifecycleOf({
      handleError: (...error) => void errors.push(error),
    });
    await lifecycle.detach("request", ADDRESS, work);
    assertEquals(errors, [[FAILURE, "request", ADDRESS]]);
    assertEquals(calls, ["handleError", "shutdownRequest", "closeRequest"]);
  }
});

Deno.test("RequestLifecycle.detach() counts a request until it has been shut down", async () => {
  const shutDown = Promise.withResolvers<void>();
  const { lifecycle } = lifecycleOf({
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
  const { lifecycle, hooks } = lifecycleOf();
  let self: unknown;
  await lifecycle.detach("request", ADDRESS, function (this: unknown) {
    self = this;
  });
  assertStrictEquals(self, hooks);
});

Deno.test("RequestLifecycle.release() closes a request whose shutdownRequest() fails", async () => {
  const { lifecycle, calls } = lifecycleOf({ shutdownRequest: fail });
  await lifecycle.release(["request", ADDRESS]);
  assertEquals(calls, ["shutdownRequest", "handleError", "closeRequest"]);
});

Deno.test("RequestLifecycle.release() closes what the platform holds if closeRequest() fails as well", async () => {
  const rejecting = () => Promise.reject(FAILURE);
  for (const close of [() => {}, fail, rejecting]) {
    let closed = 0;
    let errors = 0;
    const lifecycle = new RequestLifecycle<{ close(): unknown }>({
      verifyRequest: () => true,
      processRequest: () => {},
      shutdownRequest: fail,
      closeRequest: fail,
      handleRefusal: () => {},
      handleError: () => void errors++,
    }, MEANS);
    const request = {
      close() {
        closed++;
        return close();
      },
    };
    await lifecycle.release([request, ADDRESS]);
    assertEquals([closed, errors, lifecycle.active.size], [1, 2, 0]);
  }
});

Deno.test("RequestEnding.closeAfter() counts a request until its work has ended, and closes it", async () => {
  const { lifecycle, calls } = lifecycleOf();
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

Deno.test("RequestLifecycle.dispatchSoon() counts requests at once, and handles one after the other where processRequest() waits", async () => {
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let begun = 0;
  const { lifecycle } = lifecycleOf({
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

Deno.test("RequestEnding.closeRemaining() closes each request that is being handled, once", async () => {
  const closed: string[] = [];
  const { lifecycle } = lifecycleOf({
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
  const { lifecycle } = lifecycleOf({ handleError: fail });
  await lifecycle.ending.report("anything", undefined, undefined);
  assertEquals(printed.texts.length, 1);
  assertEquals(printed.texts[0]!.includes("RangeError: it failed"), true);
});
