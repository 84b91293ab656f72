import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { Executor } from "../../src/servers/executor.ts";
import { LazyExecutor } from "../../src/servers/lazy_executor.ts";

const ADDRESS: Deno.NetAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 1,
};

/** Notes how it is called. */
class RecordingExecutor implements Executor {
  readonly calls: string[] = [];
  readonly free = Promise.resolve();

  start(): Promise<void> {
    this.calls.push("start");
    return Promise.resolve();
  }

  whenFree(taken?: number): Promise<void> {
    this.calls.push(`whenFree ${taken}`);
    return this.free;
  }

  run(request: unknown): void {
    this.calls.push(`run ${request}`);
  }

  readonly waiting = 3;

  abort(request: unknown): boolean {
    this.calls.push(`abort ${request}`);
    return true;
  }

  abortAll(): void {
    this.calls.push("abortAll");
  }

  giveUp(request: unknown): void {
    this.calls.push(`giveUp ${request}`);
  }

  rest(soonAgain: boolean): void {
    this.calls.push(`rest ${soonAgain}`);
  }

  stop(): void {
    this.calls.push("stop");
  }

  close(): Promise<void> {
    this.calls.push("close");
    return Promise.resolve();
  }
}

/** A lazy executor that is loaded when the test says so. */
function loading() {
  const { promise, resolve, reject } = Promise.withResolvers<
    RecordingExecutor
  >();
  const lazy = new LazyExecutor(() => promise);
  return { lazy, resolve, reject };
}

Deno.test("LazyExecutor.start() loads the executor, and starts it", async () => {
  const executor = new RecordingExecutor();
  const lazy = new LazyExecutor(() => Promise.resolve(executor));
  assertEquals(lazy.loaded, null);
  await lazy.start();
  assertStrictEquals(lazy.loaded, executor);
  assertEquals(executor.calls, ["start"]);
});

Deno.test("LazyExecutor.run() loads the executor once for requests that come at once, and runs them in order", async () => {
  const executor = new RecordingExecutor();
  let loads = 0;
  const lazy = new LazyExecutor(() => {
    loads++;
    return Promise.resolve(executor);
  });
  await Promise.all([lazy.run("a", ADDRESS), lazy.run("b", ADDRESS)]);
  assertEquals(loads, 1);
  assertEquals(executor.calls, ["run a", "run b"]);
});

Deno.test("LazyExecutor.run() is the executor's own once it is loaded: at once", async () => {
  const executor = new RecordingExecutor();
  const lazy = new LazyExecutor(() => Promise.resolve(executor));
  await lazy.start();
  assertEquals(lazy.run("a", ADDRESS), undefined);
  assertStrictEquals(lazy.whenFree(2), executor.free);
  lazy.rest(true);
  lazy.stop();
  await lazy.close();
  assertEquals(executor.calls, [
    "start",
    "run a",
    "whenFree 2",
    "rest true",
    "stop",
    "close",
  ]);
});

Deno.test("LazyExecutor passes on in order what it is told while it loads", async () => {
  const { lazy, resolve } = loading();
  const executor = new RecordingExecutor();
  const started = lazy.start();
  const ran = lazy.run("a", ADDRESS);
  assertEquals(lazy.whenFree(), null);
  lazy.rest(false);
  lazy.stop();
  resolve(executor);
  await Promise.all([started, ran]);
  assertEquals(executor.calls, ["start", "run a", "rest false", "stop"]);
});

Deno.test("LazyExecutor.abort() reaches a request that was to run before the executor is loaded", async () => {
  const { lazy, resolve } = loading();
  const executor = new RecordingExecutor();
  const reason = new Error("to stop");
  assertEquals(lazy.abort("a", reason), false);
  const ran = lazy.run("a", ADDRESS);
  assertEquals(lazy.abort("a", reason), true);
  assertEquals(lazy.abort("b", reason), false);
  lazy.abortAll(reason);
  lazy.giveUp("a", reason);
  resolve(executor);
  await ran;
  assertEquals(executor.calls, ["run a", "abort a", "abortAll", "giveUp a"]);
});

Deno.test("LazyExecutor.close() closes the executor that is being loaded before it starts", async () => {
  const { lazy, resolve } = loading();
  const executor = new RecordingExecutor();
  const started = lazy.start();
  const closed = lazy.close();
  resolve(executor);
  await Promise.all([started, closed]);
  assertEquals(executor.calls, ["close", "start", "close"]);
});

Deno.test("LazyExecutor.run() has an executor loaded after close() say that it is closed", async () => {
  const executor = new RecordingExecutor();
  const lazy = new LazyExecutor(() => Promise.resolve(executor));
  await lazy.close();
  await lazy.run("a", ADDRESS);
  assertEquals(executor.calls, ["close", "run a"]);
});

Deno.test("LazyExecutor.close() loads nothing", async () => {
  const lazy = new LazyExecutor(() => Promise.reject(new Error("loaded")));
  lazy.rest(false);
  lazy.stop();
  await lazy.close();
  assertEquals(lazy.loaded, null);
});

Deno.test("LazyExecutor.start() rejects if nothing can be loaded, and tries again the next time", async () => {
  const executor = new RecordingExecutor();
  const failure = new Error("no room for the module");
  const attempts = [Promise.reject(failure), Promise.resolve(executor)];
  const lazy = new LazyExecutor(() => attempts.shift()!);
  assertStrictEquals(await assertRejects(() => lazy.start()), failure);
  await lazy.start();
  assertEquals(executor.calls, ["start"]);
});

Deno.test("LazyExecutor.close() resolves if what is being loaded cannot be", async () => {
  const { lazy, reject } = loading();
  const started = lazy.start();
  const closed = lazy.close();
  reject(new Error("no room for the module"));
  await assertRejects(() => started, Error, "no room");
  await closed;
});
