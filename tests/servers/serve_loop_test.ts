import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { Condition } from "../../src/streams/condition.ts";
import type { Arrival } from "../../src/servers/arrival.ts";
import { RequestLifecycle } from "../../src/servers/request_lifecycle.ts";
import type { RequestSignals } from "../../src/servers/request_signals.ts";
import { ServeLoop } from "../../src/servers/serve_loop.ts";
import type { ServeHooks } from "../../src/servers/serve_means.ts";

const ADDRESS: Deno.Addr = { transport: "tcp", hostname: "192.0.2.1", port: 7 };
const LIMIT_MS = 10_000;

/** A loop over requests that the test gives it, and what becomes of them. */
class LoopFixture implements ServeHooks<string> {
  readonly handled: string[] = [];
  readonly released: string[] = [];
  readonly closed: string[] = [];
  readonly errors: unknown[] = [];
  readonly log: string[] = [];
  /** What holds the loop back. */
  held: Promise<void> | null = null;
  /** How many requests may be taken and not be handled yet. */
  room = Infinity;
  /** How many requests may be handled at once. */
  most = Infinity;
  /** How often the loop has asked whether it may go on. */
  timesAsked = 0;
  /** The error that says that the socket is no more. */
  gone: unknown = Symbol("none");
  /** How often the loop has had what it did not take released. */
  untaken = 0;
  replies = false;
  beside = false;
  drainTimeout: number | null = null;
  verified: boolean | Promise<boolean> = true;
  onProcess: (signal: AbortSignal) => void = () => {};
  /** What each request takes. */
  processing: Promise<void> | undefined;
  starting: () => Promise<void> = () => Promise.resolve();
  readonly loop: ServeLoop<string>;
  readonly signals: RequestSignals<string>;
  readonly #changed = new Condition();
  readonly #firstAsked = Promise.withResolvers<void>();
  readonly #asked: PromiseWithResolvers<Arrival<string>>[] = [];
  readonly #given: PromiseWithResolvers<Arrival<string>>[] = [];

  constructor() {
    const lifecycle = new RequestLifecycle<string>({
      verifyRequest: () => this.verifyRequest(),
      processRequest: (request) => {
        this.#note(this.handled, request);
        this.onProcess(lifecycle.signals.of(request));
        return this.processing;
      },
      shutdownRequest: (request) => this.#note(this.released, request),
      closeRequest: (request) => this.#note(this.closed, request),
      handleRefusal: () => {},
      handleError: (error) => {
        this.errors.push(error);
        this.#changed.notify();
      },
    }, {
      executor: () => null,
      maxRequestsPerClient: () => Infinity,
      requestTimeout: () => null,
    });
    this.signals = lifecycle.signals;
    this.loop = new ServeLoop(this, {
      start: () => this.starting(),
      whenFree: (taken = 0) => {
        this.timesAsked++;
        this.#changed.notify();
        return taken < this.room ? this.held : Promise.resolve();
      },
      rest: (soonAgain) => this.log.push(soonAgain ? "rest soon" : "rest"),
      keepAlive: (program) => this.log.push(program ? "ref" : "unref"),
      isListenerGone: (error) => error === this.gone,
      requestTaken: () => {},
      releaseUntaken: () => void this.untaken++,
      repliesByListener: () => this.replies,
      handlesBesideLoop: () => this.beside,
      maxActiveRequests: () => this.most,
      drainTimeout: () => this.drainTimeout,
    }, lifecycle);
  }

  /** Resolved when the loop has asked for its first request. */
  get asked(): Promise<void> {
    return deadline(this.#firstAsked.promise, LIMIT_MS);
  }

  /** Waits until the loop has asked whether it may go on. */
  untilAsked(): Promise<void> {
    return this.#until(() => this.timesAsked > 0);
  }

  untilHandled(count: number): Promise<void> {
    return this.#until(() => this.handled.length >= count);
  }

  untilReleased(count: number): Promise<void> {
    return this.#until(() => this.released.length >= count);
  }

  untilClosed(count: number): Promise<void> {
    return this.#until(() => this.closed.length >= count);
  }

  untilReported(count: number): Promise<void> {
    return this.#until(() => this.errors.length >= count);
  }

  untilLogged(entry: string): Promise<void> {
    return this.#until(() => this.log.includes(entry));
  }

  verifyRequest(): boolean | Promise<boolean> {
    return this.verified;
  }

  getRequest(): Promise<Arrival<string>> {
    this.#firstAsked.resolve();
    return this.#pair(this.#asked, this.#given).promise;
  }

  handleTimeout(): void {
    this.log.push("timeout");
  }

  serviceActions(): void {
    this.#note(this.log, "service");
  }

  /** Lets one call of `getRequest()` resolve. */
  give(request: string): void {
    this.#pair(this.#given, this.#asked).resolve([request, ADDRESS]);
  }

  /** Lets one call of `getRequest()` reject. */
  fail(error: unknown): void {
    const given = this.#pair(this.#given, this.#asked);
    given.promise.catch(() => {}); // the loop may not have asked for it yet
    given.reject(error);
  }

  #note(list: string[], entry: string): void {
    list.push(entry);
    this.#changed.notify();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await deadline(this.#changed.wait(), LIMIT_MS);
  }

  /** Joins the calls of one side with those of the other, in order. */
  #pair<T>(
    own: PromiseWithResolvers<T>[],
    others: PromiseWithResolvers<T>[],
  ): PromiseWithResolvers<T> {
    const waiting = others.shift();
    if (waiting !== undefined) return waiting;
    const next = Promise.withResolvers<T>();
    own.push(next);
    return next;
  }
}

/** Lets everything happen that needs no event from outside. */
function aTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

/** An error of the system's. */
function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

Deno.test("ServeLoop.run() handles requests in order until stop()", async () => {
  const f = new LoopFixture();
  const running = f.loop.run({}, false);
  for (const request of ["one", "two", "three"]) f.give(request);
  await f.untilHandled(3);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertEquals(f.handled, ["one", "two", "three"]);
  assertEquals(f.log, ["ref", "rest", "unref"]);
});

Deno.test("ServeLoop.run() gets in its next run what came after the last", async () => {
  const f = new LoopFixture();
  const first = f.loop.run({}, false);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(first, LIMIT_MS);
  f.give("late");
  assertEquals(f.handled, []);
  const second = f.loop.run({}, false);
  f.give("later");
  await f.untilHandled(2);
  assertEquals(f.handled, ["late", "later"]);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(second, LIMIT_MS);
});

Deno.test("ServeLoop.run() begins nothing if its signal is aborted already", async () => {
  const f = new LoopFixture();
  f.starting = () => Promise.reject(new RangeError("never called"));
  await deadline(f.loop.run({ signal: AbortSignal.abort() }, false), LIMIT_MS);
  assertEquals(f.log, ["ref", "rest", "unref"]);
});

Deno.test("ServeLoop.run() does not wait for an executor that starts for ever once it is stopped", async () => {
  const f = new LoopFixture();
  const begun = Promise.withResolvers<void>();
  f.starting = () => {
    begun.resolve();
    return new Promise(() => {});
  };
  const running = f.loop.run({}, false);
  await deadline(begun.promise, LIMIT_MS);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
});

Deno.test("ServeLoop.run() rejects with what keeps the executor from starting", async () => {
  const f = new LoopFixture();
  f.starting = () => Promise.reject(new RangeError("no handler"));
  await assertRejects(() => f.loop.run({}, false), RangeError, "no handler");
  assertEquals(f.log, ["ref", "rest", "unref"]);
});

Deno.test("ServeLoop.run() does not forget, for serviceActions(), that the executor cannot start", async () => {
  const f = new LoopFixture();
  const start = Promise.withResolvers<void>();
  f.starting = () => start.promise;
  const running = f.loop.run({ pollInterval: 0.001 }, true);
  // A timer that is as short as the pacemaker's, and younger, ends after it.
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  start.reject(new RangeError("no handler"));
  await assertRejects(
    () => deadline(running, LIMIT_MS),
    RangeError,
    "no handler",
  );
});

Deno.test("ServeLoop.run() takes no request while the executor holds it back", async () => {
  const f = new LoopFixture();
  const release = Promise.withResolvers<void>();
  f.held = release.promise;
  f.give("waiting");
  const running = f.loop.run({ pollInterval: 0.001 }, true);
  await f.untilLogged("service");
  assertEquals(f.handled, []);
  f.held = null;
  release.resolve();
  await f.untilHandled(1);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
});

Deno.test("ServeLoop.run() reports an error of getRequest(), has its connection released, and goes on", async () => {
  const f = new LoopFixture();
  const running = f.loop.run({}, false);
  const errors = [
    new RangeError("unknown"),
    systemError("EINVAL"),
    new Deno.errors.BadResource("a client's"),
    systemError("ECONNABORTED"),
    undefined,
    "text",
  ];
  for (const error of errors) f.fail(error);
  f.give("served");
  await f.untilHandled(1);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertEquals(f.errors, errors);
  assertEquals(f.untaken, errors.length);
});

Deno.test("ServeLoop.run() reports one error of a kind a second, however often a client causes it", async () => {
  const f = new LoopFixture();
  const running = f.loop.run({}, false);
  for (let i = 0; i < 300; i++) f.fail(new RangeError(`client ${i}`));
  f.give("served");
  await f.untilHandled(1);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertEquals(f.untaken, 300);
  assert(f.errors.length < 10, `${f.errors.length} reports`);
});

Deno.test("ServeLoop.run() lets others have their turn if getRequest() fails at once, again and again", async () => {
  const f = new LoopFixture();
  let calls = 0;
  f.getRequest = () => {
    calls++;
    throw new RangeError("at once");
  };
  const running = f.loop.run({}, false);
  await aTurn();
  assert(calls >= 100 && calls < 1000, `${calls} calls in a turn`);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
});

Deno.test("ServeLoop.run() reports a shortage once, and pauses", async () => {
  const f = new LoopFixture();
  const running = f.loop.run({}, false);
  for (let i = 0; i < 4; i++) f.fail(systemError("EMFILE"));
  f.give("served");
  await f.untilHandled(1);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertEquals(f.errors.map((error) => (error as Error).message), ["EMFILE"]);
});

Deno.test("ServeLoop.run() resolves if its socket has been closed, and rejects if it is broken", async () => {
  const f = new LoopFixture();
  const closed = f.loop.run({}, false);
  f.gone = new Deno.errors.BadResource("closed");
  f.fail(f.gone);
  await deadline(closed, LIMIT_MS);
  const failed = f.loop.run({}, false);
  f.gone = systemError("EBADF");
  f.fail(f.gone);
  await assertRejects(() => deadline(failed, LIMIT_MS), Error, "EBADF");
  assertEquals(f.errors, []);
});

Deno.test("ServeLoop.run() reports what getRequest() returns in place of a request, and goes on", async () => {
  const f = new LoopFixture();
  const answers: unknown[] = [undefined, null, 7, [], ["request"]];
  const { getRequest } = f;
  f.getRequest = () =>
    answers.length > 0
      ? answers.shift() as Promise<Arrival<string>>
      : getRequest.call(f);
  const running = f.loop.run({}, false);
  f.give("served");
  await f.untilHandled(1);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertEquals(f.errors.length, 1);
  assertInstanceOf(f.errors[0], TypeError);
});

Deno.test("ServeLoop.run() takes the next request while an asynchronous verifyRequest() decides, where requests are handled beside it", async () => {
  const f = new LoopFixture();
  f.beside = true;
  const verified = Promise.withResolvers<boolean>();
  f.verified = verified.promise;
  const running = f.loop.run({}, false);
  f.give("slow");
  await aTurn();
  f.verified = true;
  f.give("quick");
  await f.untilHandled(1);
  verified.resolve(true);
  await f.untilHandled(2);
  assertEquals(f.handled, ["quick", "slow"]);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
});

Deno.test("ServeLoop.run() reports what serviceActions() throws, and goes on", async () => {
  const f = new LoopFixture();
  const failure = new RangeError("it failed");
  f.serviceActions = () => {
    throw failure;
  };
  const running = f.loop.run({}, true);
  f.give("one");
  f.give("two");
  await f.untilHandled(2);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertStrictEquals(f.errors[0], failure);
});

Deno.test("ServeLoop.run() refuses a second run, and leaves the first alone", async () => {
  const f = new LoopFixture();
  const running = f.loop.run({}, false);
  await assertRejects(() => f.loop.run({}, false), Deno.errors.Busy);
  await assertRejects(() => f.loop.runOnce(null), Deno.errors.Busy);
  f.give("served");
  await f.untilHandled(1);
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
});

Deno.test("ServeLoop.run() waits anew each time that the executor holds it back", async () => {
  const f = new LoopFixture();
  const running = f.loop.run({}, false);
  await f.asked;
  for (const request of ["one", "two"]) {
    const release = Promise.withResolvers<void>();
    f.held = release.promise;
    f.give("let through"); // the one that is waited for already
    await f.untilHandled(f.handled.length + 1);
    const { timesAsked } = f;
    f.give(request);
    await aTurn();
    assert(f.timesAsked - timesAsked <= 1, "It asks on and on");
    assertEquals(f.handled.includes(request), false);
    f.held = null;
    release.resolve();
    await f.untilHandled(f.handled.length + 1);
    assertEquals(f.handled.at(-1), request);
  }
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
});

for (const method of ["stop", "close"] as const) {
  Deno.test(`ServeLoop.${method}() resolves when the request of the run has ended, not before`, async () => {
    const f = new LoopFixture();
    const end = Promise.withResolvers<void>();
    f.processing = end.promise;
    const running = f.loop.run({}, false);
    f.give("long");
    await f.untilHandled(1);
    const order: string[] = [];
    const stopped = f.loop[method]().then(() => order.push("stopped"));
    await aTurn();
    order.push("ended");
    end.resolve();
    await deadline(stopped, LIMIT_MS);
    await deadline(running, LIMIT_MS);
    assertEquals(order, ["ended", "stopped"]);
  });
}

Deno.test("ServeLoop.runOnce() rejects with what keeps the executor from starting", async () => {
  const f = new LoopFixture();
  f.starting = () => Promise.reject(new RangeError("no handler"));
  await assertRejects(() => f.loop.runOnce(null), RangeError, "no handler");
});

Deno.test("ServeLoop.runOnce() handles one request, and leaves the executor warm", async () => {
  const f = new LoopFixture();
  f.give("one");
  f.give("two");
  await deadline(f.loop.runOnce(null), LIMIT_MS);
  assertEquals(f.handled, ["one"]);
  assertEquals(f.log, ["ref", "rest soon", "unref"]);
});

Deno.test("ServeLoop.runOnce() waits while the executor holds it back, without asking on and on", async () => {
  const f = new LoopFixture();
  const release = Promise.withResolvers<void>();
  f.held = release.promise;
  f.give("waiting");
  const handling = f.loop.runOnce(null);
  await f.untilAsked();
  await aTurn();
  assertEquals([f.handled, f.timesAsked], [[], 1]);
  f.held = null;
  release.resolve();
  await deadline(handling, LIMIT_MS);
  assertEquals(f.handled, ["waiting"]);
});

Deno.test("ServeLoop.runOnce() takes a request that is there although its timeout is 0", async () => {
  const f = new LoopFixture();
  f.give("there");
  await deadline(f.loop.runOnce(0), LIMIT_MS);
  assertEquals(f.handled, ["there"]);
});

Deno.test("ServeLoop.runOnce() calls handleTimeout() if none comes, and not if the client was lost", async () => {
  const f = new LoopFixture();
  await deadline(f.loop.runOnce(0.01), LIMIT_MS);
  assertEquals(f.log, ["ref", "timeout", "rest soon", "unref"]);
  f.fail(systemError("ECONNABORTED"));
  await deadline(f.loop.runOnce(5), LIMIT_MS);
  assertEquals(f.log.filter((entry) => entry === "timeout").length, 1);
});

Deno.test("ServeLoop.runOnce() is not ended by stop(), but by close()", async () => {
  const f = new LoopFixture();
  const handling = f.loop.runOnce(null);
  await deadline(f.loop.stop(), LIMIT_MS);
  f.give("served all the same");
  await deadline(handling, LIMIT_MS);
  assertEquals(f.handled, ["served all the same"]);
  const ended = f.loop.runOnce(null);
  await deadline(f.loop.close(), LIMIT_MS);
  await deadline(ended, LIMIT_MS);
});

Deno.test("ServeLoop.stop() takes what waits already, where requests are handled beside the loop", async () => {
  const f = new LoopFixture();
  f.beside = true;
  const running = f.loop.run({}, false);
  await f.asked;
  const stopped = f.loop.stop();
  for (const request of ["one", "two", "three"]) f.give(request);
  await deadline(stopped, LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertEquals(f.handled, []); // the caller is told first
  await f.untilHandled(3);
  assertEquals(f.handled, ["one", "two", "three"]);
});

Deno.test("ServeLoop.stop() takes what waits already if a handler calls it that does not wait", async () => {
  const f = new LoopFixture();
  f.beside = true;
  f.verifyRequest = () => {
    f.loop.stop();
    return true;
  };
  const running = f.loop.run({}, false);
  for (const request of ["last", "waits"]) f.give(request);
  await deadline(running, LIMIT_MS);
  await f.untilHandled(2);
  assertEquals(f.handled, ["last", "waits"]);
});

Deno.test("ServeLoop.stop() takes what waits behind a client that fails", async () => {
  const f = new LoopFixture();
  f.beside = true;
  const running = f.loop.run({}, false);
  await f.asked;
  const stopped = f.loop.stop();
  f.fail(new RangeError("a bad client"));
  f.give("a good one");
  await deadline(stopped, LIMIT_MS);
  await deadline(running, LIMIT_MS);
  await f.untilHandled(1);
  assertEquals(f.errors.length, 1);
});

for (const limit of ["room", "most"] as const) {
  const whose = limit === "room" ? "the executor" : "maxActiveRequests";
  Deno.test(`ServeLoop.stop() takes no more than ${whose} has room for`, async () => {
    const f = new LoopFixture();
    f.beside = true;
    f[limit] = 2;
    const running = f.loop.run({}, false);
    await f.asked;
    const stopped = f.loop.stop();
    for (const request of ["one", "two", "three"]) f.give(request);
    await deadline(stopped, LIMIT_MS);
    await deadline(running, LIMIT_MS);
    await f.untilHandled(2);
    assertEquals(f.handled, ["one", "two"]);
  });
}

Deno.test("ServeLoop.stop() has handled what it took before its socket was no more", async () => {
  const f = new LoopFixture();
  f.beside = true;
  f.gone = systemError("EBADF");
  const running = f.loop.run({}, false);
  await f.asked;
  const stopped = f.loop.stop();
  f.give("one");
  f.fail(f.gone);
  await deadline(stopped, LIMIT_MS);
  await assertRejects(() => deadline(running, LIMIT_MS), Error, "EBADF");
  await f.untilHandled(1);
});

Deno.test("ServeLoop.stop() comes to its end although requests come on and on", async () => {
  const f = new LoopFixture();
  f.beside = true;
  const running = f.loop.run({}, false);
  await f.asked;
  let coming = true;
  f.getRequest = () => Promise.resolve(["again", ADDRESS]);
  const stopped = f.loop.stop().then(() => coming = false);
  while (coming) {
    f.give("again");
    await aTurn();
  }
  await deadline(stopped, LIMIT_MS);
  await deadline(running, LIMIT_MS);
  await aTurn(); // in which those that were taken are handled
});

for (const how of ["stop()", "an aborted signal"]) {
  Deno.test(`ServeLoop.run() ends drainTimeout after ${how}, closes the request in it, and can run again`, async () => {
    const f = new LoopFixture();
    const aborter = new AbortController();
    f.drainTimeout = 0.01;
    f.processing = new Promise(() => {});
    const running = f.loop.run({ signal: aborter.signal }, false);
    f.give("endless");
    await f.untilHandled(1);
    if (how === "stop()") f.loop.stop();
    else aborter.abort();
    await deadline(running, LIMIT_MS);
    assertEquals(f.closed, ["endless"]);
    f.processing = undefined;
    const again = f.loop.run({}, false);
    f.give("next");
    await f.untilHandled(2);
    await deadline(f.loop.stop(), LIMIT_MS);
    await deadline(again, LIMIT_MS);
  });
}

Deno.test("ServeLoop.run() ends drainTimeout after stop() although a verifyRequest() never settles", async () => {
  const f = new LoopFixture();
  f.drainTimeout = 0.01;
  f.verified = new Promise(() => {});
  const running = f.loop.run({}, false);
  f.give("endless");
  await aTurn();
  await deadline(f.loop.stop(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertEquals(f.closed, ["endless"]);
});

Deno.test("ServeLoop.close() has a connection handled that the system has given already, where that keeps nobody waiting", async () => {
  for (
    const [beside, replies] of [[true, false], [true, true], [false, false]]
  ) {
    const f = new LoopFixture();
    f.beside = beside!;
    f.replies = replies!;
    const running = f.loop.run({}, false);
    await f.asked;
    const closed = f.loop.close();
    f.give("given already");
    await deadline(closed, LIMIT_MS);
    await deadline(running, LIMIT_MS);
    if (beside && !replies) await f.untilHandled(1);
    else await f.untilReleased(1);
    assertEquals(f.handled.length, beside && !replies ? 1 : 0);
  }
});

Deno.test("ServeLoop.close() releases a request that comes too late", async () => {
  const f = new LoopFixture();
  const running = f.loop.run({}, false);
  await f.asked;
  f.beside = true;
  await deadline(f.loop.close(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  f.loop.end();
  f.give("too late");
  await f.untilReleased(1);
  assertEquals([f.handled, f.released], [[], ["too late"]]);
  assertEquals(f.log, ["ref", "rest"]); // the program hears of the socket's end
});

Deno.test("ServeLoop.end() has a connection closed that getRequest() has not given out", async () => {
  const f = new LoopFixture();
  const running = f.loop.run({}, false);
  await f.asked;
  await deadline(f.loop.close(), LIMIT_MS);
  await deadline(running, LIMIT_MS);
  assertEquals(f.untaken, 0);
  f.loop.end();
  assertEquals(f.untaken, 1);
});

Deno.test("ServeLoop.stop() closes the request of its run although one of an earlier run has ended meanwhile", async () => {
  const f = new LoopFixture();
  f.drainTimeout = 0.01;
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  for (const [i, request] of ["first", "second"].entries()) {
    f.processing = ends[i]!.promise;
    const running = f.loop.run({}, false);
    f.give(request);
    await f.untilHandled(i + 1);
    ends[i - 1]?.resolve();
    await aTurn();
    await deadline(f.loop.stop(), LIMIT_MS);
    await deadline(running, LIMIT_MS);
  }
  ends[1]!.resolve();
  assertEquals(f.closed, ["first", "second"]);
});

Deno.test("ServeLoop.abandon() ends a run whose request does not end", async () => {
  const f = new LoopFixture();
  f.processing = new Promise(() => {});
  const running = f.loop.run({}, false);
  f.give("endless");
  await f.untilHandled(1);
  f.loop.close();
  f.loop.abandon();
  await deadline(running, LIMIT_MS);
});

for (const way of ["stop", "close"] as const) {
  Deno.test(`ServeLoop.${way}() has every request hear of it that is handled, in whichever moment it came`, async () => {
    for (let steps = 0; steps < 24; steps++) {
      const f = new LoopFixture();
      const ended = Promise.withResolvers<void>();
      const signals: AbortSignal[] = [];
      f.onProcess = (signal) => {
        signals.push(signal);
        signal.addEventListener("abort", () => ended.resolve());
        if (signal.aborted) ended.resolve();
      };
      f.processing = ended.promise;
      const running = f.loop.run({}, false);
      await f.asked;
      f.give("a request");
      for (let i = 0; i < steps; i++) await null;
      if (way === "close") f.signals.stop(); // as a server does first
      await deadline(f.loop[way](), LIMIT_MS);
      await deadline(running, LIMIT_MS);
      assertEquals(signals.every((it) => it.aborted), true, `${steps}`);
    }
  });
}
