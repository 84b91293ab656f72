import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ServerStoppingError } from "@socketserver/socketserver";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import { until } from "../fixtures/until.ts";
import {
  PendingRequest,
  type RequestRunner,
} from "../../src/remote/pending_request.ts";
import { RequestQueue } from "../../src/remote/request_queue.ts";

const LIMIT_MS = 20_000;
const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };

/** A queue before runners that take one request each, until it has ended. */
class QueueFixture {
  /** The requests that runners have, in the order in which they got them. */
  readonly begun: PendingRequest[] = [];
  /** What they were told, in order. */
  readonly told: string[] = [];
  /** How often the last one that waited has been ended. */
  emptied = 0;
  readonly #ends = new Map<unknown, PromiseWithResolvers<void>>();
  #free: number;
  readonly queue: RequestQueue;
  readonly #runner: RequestRunner = {
    handle: (pending) => this.#handle(pending),
    stop: ({ request, reason }) => this.told.push(`stop ${request}: ${reason}`),
    stopAll: () => {},
    giveUp: ({ request }, error) => {
      this.told.push(`give up ${request}: ${error}`);
      this.#ends.get(request)!.reject(error);
    },
  };

  constructor({ free }: { free: number }) {
    this.#free = free;
    this.queue = new RequestQueue(() => {
      if (this.#free === 0) return undefined;
      return this.#runner;
    }, () => this.emptied++);
  }

  submit(request: unknown): Promise<void> {
    return this.queue.submit(request, ADDRESS);
  }

  get names(): unknown[] {
    return this.begun.map(({ request }) => request);
  }

  /** Ends what a runner does with a request. */
  end(request: unknown): void {
    this.#ends.get(request)!.resolve();
  }

  fail(request: string, error: Error): void {
    this.#ends.get(request)!.reject(error);
  }

  async #handle(pending: PendingRequest): Promise<void> {
    pending.runner = this.#runner;
    this.#free--;
    this.begun.push(pending);
    const end = Promise.withResolvers<void>();
    this.#ends.set(pending.request, end);
    try {
      await end.promise;
    } finally {
      this.#free++;
    }
  }
}

Deno.test("RequestQueue.submit() has a request handled by a runner that is free", async () => {
  const f = new QueueFixture({ free: 1 });
  const handled = f.submit("one");
  assertEquals([f.names, f.queue.length], [["one"], 0]);
  f.end("one");
  await handled;
});

Deno.test("RequestQueue.submit() does not ask for a runner past those that wait", async () => {
  let asked = 0;
  const queue = new RequestQueue(() => {
    asked++;
    return undefined;
  }, () => {});
  const first = queue.submit("one", ADDRESS);
  const before = asked;
  const second = queue.submit("two", ADDRESS);
  assertEquals(asked - before, 1); // for the first, not for itself
  queue.rejectAll(new RangeError("closed"));
  await assertRejects(() => first, RangeError);
  await assertRejects(() => second, RangeError);
});

Deno.test("RequestQueue.wait() has a request handled at once if a runner is free", async () => {
  const f = new QueueFixture({ free: 1 });
  const waited = f.queue.wait(new PendingRequest("one", ADDRESS));
  assertEquals(f.names, ["one"]);
  f.end("one");
  await waited;
});

Deno.test("RequestQueue.submit() lets requests wait, and has them handled in order", async () => {
  const f = new QueueFixture({ free: 1 });
  const handled = ["one", "two", "three"].map((name) => f.submit(name));
  assertEquals([f.names, f.queue.length], [["one"], 2]);
  f.end("one");
  await handled[0];
  assertEquals([f.names, f.queue.length], [["one", "two"], 1]);
  f.end("two");
  await handled[1];
  f.end("three");
  await handled[2];
  assertEquals(f.names, ["one", "two", "three"]);
});

Deno.test("RequestQueue.submit() tells a runner which of its requests have waited", async () => {
  const f = new QueueFixture({ free: 1 });
  const handled = ["one", "two"].map((name) => f.submit(name));
  f.end("one");
  await handled[0];
  f.end("two");
  await handled[1];
  assertEquals(f.begun.map(({ waited }) => waited), [false, true]);
});

Deno.test("RequestQueue.submit() rejects with what the runner throws, and the next one begins", async () => {
  const f = new QueueFixture({ free: 1 });
  const handled = f.submit("one");
  const next = f.submit("two");
  f.fail("one", new RangeError("it failed"));
  await assertRejects(() => handled, RangeError, "it failed");
  f.end("two");
  await next;
});

Deno.test("RequestQueue.submit() rejects with what keeps a runner from being found", async () => {
  let fails = false;
  const queue = new RequestQueue(() => {
    if (fails) throw new RangeError("no runner");
    return undefined;
  }, () => {});
  const waiting = queue.submit("one", ADDRESS);
  fails = true;
  queue.startWaiting();
  await assertRejects(() => waiting, RangeError, "no runner");
  await assertRejects(
    () => queue.submit("two", ADDRESS),
    RangeError,
    "no runner",
  );
});

Deno.test("RequestQueue.wait() puts a request back before those that came later", async () => {
  const f = new QueueFixture({ free: 3 });
  const handled = ["one", "two", "three"].map((name) => f.submit(name));
  const last = f.submit("four");
  const [, two, three] = f.begun;
  // As for a runner that could not start: both are to be handled again.
  const again = [f.queue.wait(three!), f.queue.wait(two!)];
  for (const name of ["one", "two", "three"]) f.end(name);
  await Promise.all(handled);
  assertEquals(f.names.slice(3), ["two", "three", "four"]);
  for (const name of ["two", "three", "four"]) f.end(name);
  await Promise.all([...again, last]);
});

Deno.test("RequestQueue.whenShrunk() resolves when a request has left, and is the same until then", async () => {
  const f = new QueueFixture({ free: 1 });
  const first = f.submit("one");
  const second = f.submit("two");
  let hasShrunk = false;
  const shrunk = f.queue.whenShrunk();
  const noted = shrunk.then(() => hasShrunk = true);
  assertStrictEquals(f.queue.whenShrunk(), shrunk);
  await new Promise((resolve) => setTimeout(resolve, 0));
  assertEquals(hasShrunk, false);
  f.end("one");
  await noted;
  await first;
  f.end("two");
  await second;
});

Deno.test("RequestQueue.stop() begins none that waits, and rejectAll() ends them", async () => {
  const f = new QueueFixture({ free: 1 });
  const first = f.submit("one");
  const second = f.submit("two");
  f.queue.stop();
  f.end("one");
  await first;
  assertEquals(f.names, ["one"]);
  f.queue.rejectAll(new RangeError("closed"));
  await assertRejects(() => second, RangeError, "closed");
  assertEquals(f.queue.length, 0);
});

const REASON = new RangeError("to stop");

Deno.test("RequestQueue.abort() tells a runner once, with the first reason", async () => {
  const f = new QueueFixture({ free: 2 });
  const handled = ["one", "two"].map((name) => f.submit(name));
  assertEquals(f.queue.abort("two", REASON), true);
  assertEquals(f.queue.abort("two", new RangeError("again")), true);
  assertEquals(f.told, [`stop two: ${REASON}`]);
  for (const name of ["one", "two"]) f.end(name);
  await Promise.all(handled);
});

Deno.test("RequestQueue.abort() does not know what was never here, or is over", async () => {
  const f = new QueueFixture({ free: 1 });
  const handled = f.submit("one");
  assertEquals(f.queue.abort("two", REASON), false);
  f.end("one");
  await handled;
  assertEquals(f.queue.abort("one", REASON), false);
  assertEquals(f.told, []);
});

for (const way of ["abort", "abortLater"] as const) {
  Deno.test(`RequestQueue.${way}() gives a reason to a request that waits, which its runner finds there`, async () => {
    const f = new QueueFixture({ free: 1 });
    const handled = ["one", "two"].map((name) => f.submit(name));
    if (way === "abort") f.queue.abort("two", REASON);
    else f.queue.abortLater(REASON);
    f.end("one");
    await handled[0];
    assertStrictEquals(f.begun[1]!.reason, REASON);
    assertEquals(f.told, []);
    f.end("two");
    await handled[1];
  });
}

Deno.test("RequestQueue.giveUp() takes out a request that waits, and the others are handled", async () => {
  const f = new QueueFixture({ free: 1 });
  const handled = ["one", "two", "three"].map((name) => f.submit(name));
  const shrunk = f.queue.whenShrunk();
  f.queue.giveUp("two", REASON);
  assertStrictEquals(await assertRejects(() => handled[1]!), REASON);
  await shrunk;
  assertEquals(f.queue.length, 1);
  f.end("one");
  await handled[0];
  f.end("three");
  await handled[2];
  assertEquals(f.names, ["one", "three"]);
});

Deno.test("RequestQueue.giveUp() leaves a request that a runner has to it", async () => {
  const f = new QueueFixture({ free: 1 });
  const handled = f.submit("one");
  f.queue.giveUp("one", REASON);
  f.queue.giveUp("two", REASON);
  assertStrictEquals(await assertRejects(() => handled), REASON);
  assertEquals(f.told, [`give up one: ${REASON}`]);
});

Deno.test("RequestQueue.submit() passes on what the signal of a wrapped request says, while it lasts", async () => {
  const f = new QueueFixture({ free: 3 });
  const controllers = [1, 2, 3].map(() => new AbortController());
  const wrappers = controllers.map(({ signal }, i) => ({
    signal,
    toString: () => `wrapper ${i}`,
  }));
  controllers[0]!.abort(REASON); // before
  const handled = wrappers.map((wrapper) => f.submit(wrapper));
  assertStrictEquals(f.begun[0]!.reason, REASON);
  controllers[1]!.abort(REASON);
  assertEquals(f.told, [`stop wrapper 1: ${REASON}`]);
  for (const wrapper of wrappers) f.end(wrapper);
  await Promise.all(handled);
  controllers[2]!.abort(REASON);
  assertEquals(f.told.length, 1);
});

Deno.test("RequestQueue.abort() and giveUp() find a wrapper by its client's address", async () => {
  const f = new QueueFixture({ free: 2 });
  const other = { ...ADDRESS };
  const handled = [f.submit("one"), f.queue.submit("wrapper", other)];
  assertEquals(f.queue.abort("two", REASON, { ...ADDRESS }), false);
  assertEquals(f.queue.abort("two", REASON, other), true);
  f.queue.giveUp("two", REASON, other);
  assertStrictEquals(await assertRejects(() => handled[1]!), REASON);
  assertEquals(f.told, [
    `stop wrapper: ${REASON}`,
    `give up wrapper: ${REASON}`,
  ]);
  f.end("one");
  await handled[0];
});

const STOPPING = new ServerStoppingError("to stop");
const aSilentOne = () => new MemoryConnection([], false);
const aLine = () => new MemoryConnection([new Uint8Array([33, 10])], false);

/** A queue whose one runner is busy, so that all others wait. */
class BusyFixture extends QueueFixture {
  readonly first: Promise<void>;

  constructor() {
    super({ free: 1 });
    this.first = this.submit("first");
  }

  /** Has a request begin, and end. */
  async pass(request: unknown, handled: Promise<void>): Promise<void> {
    await until(() => this.names.at(-1) === request);
    this.end(request);
    await deadline(handled, LIMIT_MS);
  }
}

for (const way of ["abort", "abortLater"] as const) {
  Deno.test(`RequestQueue.${way}() ends a request that waits, of a silent client, if the server is to stop`, async () => {
    const f = new BusyFixture();
    const silent = aSilentOne();
    const handled = f.submit(silent);
    const shrunk = f.queue.whenShrunk();
    if (way === "abort") f.queue.abort(silent, STOPPING);
    else f.queue.abortLater(STOPPING);
    const ended = assertRejects(() => handled);
    assertStrictEquals(await deadline(ended, LIMIT_MS), STOPPING);
    await shrunk;
    f.end("first");
    await f.first;
    assertEquals([f.names, f.queue.length, f.emptied], [["first"], 0, 1]);
    silent.close();
  });
}

Deno.test("RequestQueue.abortLater() lets those go on that have come, in order, and tells them", async () => {
  const f = new BusyFixture();
  const lost = aSilentOne();
  lost.read = () => Promise.reject(new Deno.errors.ConnectionReset());
  const come = [
    aLine(),
    [new Uint8Array(0), {}], // a datagram
    new MemoryConnection([]), // the client has nothing to say, and waits
    lost, // its runner may tell
  ];
  const handled = come.map((request) => f.submit(request));
  f.queue.abortLater(STOPPING);
  f.end("first");
  for (const [i, request] of come.entries()) await f.pass(request, handled[i]!);
  assertEquals(f.names, ["first", ...come]);
  for (const pending of f.begun.slice(1)) {
    assertStrictEquals(pending.reason, STOPPING);
  }
});

Deno.test("RequestQueue.abortLater() begins none before it knows whether its client is silent", async () => {
  const f = new BusyFixture();
  const [silent, line] = [aSilentOne(), aLine()];
  const [ended, handled] = [f.submit(silent), f.submit(line)];
  f.queue.abortLater(STOPPING);
  f.end("first");
  await f.first; // a runner is free from now on
  assertEquals(f.names, ["first"]);
  await deadline(assertRejects(() => ended, ServerStoppingError), LIMIT_MS);
  await f.pass(line, handled);
  assertEquals([f.names, f.emptied], [["first", line], 1]);
  silent.close();
});

Deno.test("RequestQueue.abortLater() leaves silent clients alone that are told another reason first", async () => {
  const f = new BusyFixture();
  const silent = [aSilentOne(), aSilentOne()];
  const handled = silent.map((request) => f.submit(request));
  f.queue.abort(silent[0], REASON);
  f.queue.abortLater(REASON);
  f.queue.abortLater(STOPPING);
  f.end("first");
  for (const [i, one] of silent.entries()) await f.pass(one, handled[i]!);
  assertEquals(f.begun.map(({ input }) => input), [null, null, null]);
});

Deno.test("RequestQueue.abort() looks at no other request that waits, unless the server is to stop", async () => {
  const f = new BusyFixture();
  // Its own signal says so before the server does.
  const signal = AbortSignal.abort(STOPPING);
  const told = Object.assign(aSilentOne(), { signal });
  const [waits, late] = [f.submit(told), f.submit("late")];
  f.queue.abort("late", REASON);
  f.end("first");
  await f.pass(told, waits);
  await f.pass("late", late);
  assertEquals(f.begun.map(({ input }) => input), [null, null, null]);
  told.close();
});

Deno.test("RequestQueue.giveUp() and rejectAll() end those whose clients are being asked", async () => {
  const f = new BusyFixture();
  const silent = [aSilentOne(), aSilentOne(), aSilentOne()];
  const handled = silent.map((request) => f.submit(request));
  f.queue.abortLater(STOPPING);
  f.queue.abortLater(new ServerStoppingError("again"));
  f.queue.giveUp(silent[0], REASON);
  assertStrictEquals(await assertRejects(() => handled[0]!), REASON);
  f.queue.rejectAll(REASON);
  for (const one of handled) {
    assertStrictEquals(await assertRejects(() => one), REASON);
  }
  await until(() => f.emptied === 1);
  f.end("first");
  await f.first;
  assertEquals([f.names, f.emptied], [["first"], 1]);
  for (const one of silent) one.close();
});
