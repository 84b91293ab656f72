import {
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import type { Executor } from "../../src/servers/executor.ts";
import { aTurn, hookedLifecycle } from "../fixtures/hooked_lifecycle.ts";
import { until } from "../fixtures/until.ts";
import { WaitingTests } from "../fixtures/waiting_tests.ts";

const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };
const LIMIT_MS = 20_000;
const { TimedOut } = Deno.errors;

const fail = () => Promise.reject(new RangeError("it failed"));
const never = () => new Promise<never>(() => {});
const soon = { requestTimeout: () => 0.01 };

const waiting = new WaitingTests("Overtime, with its last grace");

for (
  const hook of ["verifyRequest", "processRequest", "handleRefusal"] as const
) {
  waiting.test(`Overtime lets the loop go on when ${hook}() takes too long, and releases the request`, async () => {
    const { lifecycle, calls, errors } = hookedLifecycle({
      verifyRequest: () => hook !== "handleRefusal",
      [hook]: never,
    }, soon);
    await deadline(
      Promise.resolve(lifecycle.dispatch(["request", ADDRESS])),
      LIMIT_MS,
    );
    assertEquals(errors.length, 1);
    assertInstanceOf(errors[0]![0], TimedOut);
    assertEquals(errors[0]!.slice(1), ["request", ADDRESS]);
    assertEquals(calls.slice(-4), [
      "closeRequest",
      "handleError",
      "shutdownRequest",
      "closeRequest",
    ]);
    const refused = Number(hook === "handleRefusal");
    assertEquals(lifecycle.active.size, 0);
    assertEquals(lifecycle.active.counts, {
      accepted: 1,
      handled: 0,
      failed: 1 - refused,
      refused,
      active: 0,
    });
    await deadline(lifecycle.active.drained(), LIMIT_MS);
  });
}

for (
  const [what, work] of [["takes too long", never], ["fails", fail]] as const
) {
  waiting.test(`Overtime lets the loop go on when a request ${what} and handleError() never ends`, async () => {
    const { lifecycle, calls } = hookedLifecycle({
      processRequest: work,
      handleError: never,
    }, soon);
    await deadline(
      Promise.resolve(lifecycle.dispatch(["request", ADDRESS])),
      LIMIT_MS,
    );
    assertEquals(calls.slice(-2), ["shutdownRequest", "closeRequest"]);
    assertEquals([lifecycle.active.size, lifecycle.active.counts.failed], [
      0,
      1,
    ]);
  });
}

for (const verdict of [true, false]) {
  waiting.test(`Overtime leaves it at that when verifyRequest() resolves to ${verdict} too late`, async () => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const { lifecycle, calls } = hookedLifecycle(
      { verifyRequest: () => promise },
      soon,
    );
    lifecycle.dispatch(["request", ADDRESS], true);
    assertEquals(lifecycle.verification.size, 1);
    await deadline(lifecycle.active.drained(), LIMIT_MS);
    assertEquals(lifecycle.verification.size, 0); // it holds up nobody
    const before = [...calls];
    resolve(verdict);
    await aTurn();
    assertEquals(calls, before);
    assertEquals(lifecycle.verification.size, 0);
  });
}

for (
  const [what, error, reported] of [
    ["that its connection is closed", new Deno.errors.BadResource("closed"), 1],
    ["a mistake of its own", new RangeError("a mistake"), 2],
  ] as const
) {
  waiting.test(`Overtime has ${reported} errors reported of a handler that throws ${what} when nobody waits for it`, async () => {
    const work = Promise.withResolvers<void>();
    const { lifecycle, errors, calls } = hookedLifecycle(
      { processRequest: () => work.promise },
      soon,
    );
    await lifecycle.dispatch(["request", ADDRESS]);
    const released = calls.filter((it) => it === "shutdownRequest").length;
    work.reject(error);
    await aTurn();
    assertEquals(errors.length, reported);
    if (reported > 1) assertStrictEquals(errors[1]![0], error);
    assertEquals(
      calls.filter((it) => it === "shutdownRequest").length,
      released,
    );
    assertEquals(lifecycle.active.counts.failed, 1);
    assertEquals(lifecycle.active.size, 0);
  });
}

waiting.test("Overtime keeps a request that nobody waits for from being handled beside the loop", async () => {
  const goOn = Promise.withResolvers<void>();
  let works = 0;
  const { lifecycle, hooks } = hookedLifecycle<object>({}, soon);
  hooks.processRequest = async (request, clientAddress) => {
    await goOn.promise;
    await lifecycle.detach(request, clientAddress, () => void works++);
  };
  await lifecycle.dispatch([{}, ADDRESS]);
  goOn.resolve();
  await aTurn();
  assertEquals([works, lifecycle.active.counts.accepted], [0, 1]);
});

waiting.test("Overtime has a handler hear of it that asks for its signal when nobody waits for it", async () => {
  const { lifecycle } = hookedLifecycle<object>(
    { processRequest: never },
    soon,
  );
  const request = {};
  await lifecycle.dispatch([request, ADDRESS]);
  assertInstanceOf(lifecycle.signals.of(request).reason, TimedOut);
});

waiting.test("Overtime counts a request as failed that ends when it is told, and reports it once", async () => {
  const { lifecycle, hooks, errors, calls } = hookedLifecycle({}, soon);
  hooks.processRequest = (request) =>
    new Promise((_, reject) => {
      const signal = lifecycle.signals.of(request);
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  await lifecycle.dispatch(["request", ADDRESS]);
  assertEquals(lifecycle.active.size, 0);
  await deadline(lifecycle.active.drained(), LIMIT_MS); // the report, too
  assertEquals(errors.length, 1);
  assertInstanceOf(errors[0]![0], TimedOut);
  assertEquals(lifecycle.active.counts.failed, 1);
  assertEquals(calls.filter((it) => it === "shutdownRequest").length, 1);
});

waiting.test("Overtime does not cut off a request that has been handled, and whose input is dropped", async () => {
  const dropped = Promise.withResolvers<void>();
  const { lifecycle, hooks, errors } = hookedLifecycle({}, soon);
  hooks.processRequest = (request) => {
    lifecycle.ending.closeAfter(request, dropped.promise);
  };
  lifecycle.dispatch(["request", ADDRESS]);
  // Another one takes too long meanwhile.
  hooks.processRequest = never;
  await deadline(
    Promise.resolve(lifecycle.dispatch(["another", ADDRESS])),
    LIMIT_MS,
  );
  assertEquals(lifecycle.active.requests, ["request"]);
  dropped.resolve();
  await deadline(lifecycle.active.drained(), LIMIT_MS);
  assertEquals(errors.length, 1);
  assertEquals(lifecycle.active.counts.handled, 1);
});

waiting.test("Overtime leaves a request alone that is handled as it is told, and whose input is dropped", async () => {
  const dropped = Promise.withResolvers<void>();
  const { lifecycle, hooks, errors, calls } = hookedLifecycle({}, soon);
  hooks.processRequest = (request) =>
    new Promise((resolve) => {
      const signal = lifecycle.signals.of(request);
      signal.addEventListener("abort", () => {
        lifecycle.ending.closeAfter(request, dropped.promise);
        resolve();
      });
    });
  await lifecycle.dispatch(["request", ADDRESS]);
  await until(() => errors.length === 1);
  await aTurn();
  assertEquals([lifecycle.active.size, calls.includes("closeRequest")], [
    1,
    false,
  ]);
  dropped.resolve();
  await deadline(lifecycle.active.drained(), LIMIT_MS);
  assertEquals(calls.at(-1), "closeRequest");
});

waiting.test("Overtime takes the time that is the limit when the request comes; too long a time is none", async () => {
  let limit: number | null = null;
  const { lifecycle, hooks } = hookedLifecycle({}, {
    requestTimeout: () => limit,
  });
  hooks.processRequest = (request) => {
    const active = lifecycle.active.find(request)!;
    assertEquals(active.isTimed, limit === 1, String(limit));
  };
  for (limit of [null, Infinity, 1e9, 1]) {
    await lifecycle.dispatch([String(limit), ADDRESS]);
  }
  assertEquals(lifecycle.active.counts.handled, 4);
});

for (const limit of [0, -1]) {
  waiting.test(`Overtime ends a request soon if its time is ${limit}`, async () => {
    const { lifecycle, errors } = hookedLifecycle(
      { processRequest: never },
      { requestTimeout: () => limit },
    );
    const handled = lifecycle.dispatch(["request", ADDRESS]);
    await deadline(Promise.resolve(handled), LIMIT_MS);
    assertEquals(errors.length, 1);
  });
}

for (const isElsewhere of [true, false]) {
  waiting.test(`Overtime has the executor give up a request that ${isElsewhere ? "is" : "may wait to be"} handled elsewhere`, async () => {
    const work = Promise.withResolvers<void>();
    const told: string[] = [];
    const executor = {
      abort: (_request: unknown, reason: Error) => {
        told.push(`abort: ${reason.name}`);
        return isElsewhere;
      },
      giveUp: (_request: unknown, error: Error) => {
        told.push(`giveUp: ${error.name}`);
        work.reject(error);
      },
    } as Partial<Executor> as Executor;
    const { lifecycle, calls, errors } = hookedLifecycle({
      processRequest: () => work.promise,
    }, { ...soon, executor: () => executor });
    await deadline(
      Promise.resolve(lifecycle.dispatch(["request", ADDRESS])),
      LIMIT_MS,
    );
    await until(() => lifecycle.active.size === 0);
    assertEquals(told, ["abort: TimedOut", "giveUp: TimedOut"]);
    assertEquals(errors.length, 1);
    // What is handled elsewhere writes its last words through the connection.
    assertEquals(
      calls.indexOf("closeRequest") > calls.indexOf("handleError"),
      isElsewhere,
    );
  });
}
