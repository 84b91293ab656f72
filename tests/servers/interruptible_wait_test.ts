import { assertEquals, assertRejects } from "@std/assert";
import { InterruptibleWait } from "../../src/servers/interruptible_wait.ts";

/** A source whose calls the test settles. */
class Source {
  readonly calls: PromiseWithResolvers<string>[] = [];

  readonly next = (): Promise<string> => {
    const call = Promise.withResolvers<string>();
    this.calls.push(call);
    return call.promise;
  };
}

Deno.test("InterruptibleWait.next() resolves to what the source yields", async () => {
  const source = new Source();
  const wait = new InterruptibleWait(source.next);
  const waiting = wait.next();
  source.calls[0]!.resolve("first");
  assertEquals(await waiting, "first");
});

Deno.test("InterruptibleWait.next() calls the source again for each value", async () => {
  const source = new Source();
  const wait = new InterruptibleWait(source.next);
  for (const value of ["first", "second"]) {
    const waiting = wait.next();
    source.calls.at(-1)!.resolve(value);
    assertEquals(await waiting, value);
  }
  const left = wait.next();
  wait.wake();
  await left;
  source.calls[2]!.resolve("kept");
  await source.calls[2]!.promise;
  assertEquals(await wait.next(), "kept");
  const last = wait.next();
  source.calls[3]!.resolve("asked for anew");
  assertEquals(await last, "asked for anew");
});

Deno.test("InterruptibleWait.close() sends the waiter away", async () => {
  const wait = new InterruptibleWait(new Source().next);
  const left = wait.next();
  wait.close(() => {});
  assertEquals(await left, null);
});

Deno.test("InterruptibleWait.next() takes a source that need not wait", async () => {
  const wait = new InterruptibleWait(() => "at once");
  assertEquals(await wait.next(), "at once");
  assertEquals(await wait.next(), "at once");
});

Deno.test("InterruptibleWait.next() rejects with what the source throws", async () => {
  const wait = new InterruptibleWait(() => {
    throw new RangeError("no more");
  });
  await assertRejects(() => wait.next(), RangeError, "no more");
});

Deno.test("InterruptibleWait.wake() sends the waiter away, and what comes then is kept for the next", async () => {
  const source = new Source();
  const wait = new InterruptibleWait(source.next);
  const left = wait.next();
  wait.wake();
  assertEquals(await left, null);
  source.calls[0]!.resolve("late");
  await source.calls[0]!.promise;
  assertEquals(await wait.next(), "late");
  assertEquals(source.calls.length, 1);
});

Deno.test("InterruptibleWait.wake() leaves the call under way to the next waiter", async () => {
  const source = new Source();
  const wait = new InterruptibleWait(source.next);
  const left = wait.next();
  wait.wake();
  await left;
  const waiting = wait.next();
  assertEquals(source.calls.length, 1);
  source.calls[0]!.resolve("for the second");
  assertEquals(await waiting, "for the second");
});

Deno.test("InterruptibleWait.wake() keeps an error, too", async () => {
  const source = new Source();
  const wait = new InterruptibleWait(source.next);
  const left = wait.next();
  wait.wake();
  assertEquals(await left, null);
  source.calls[0]!.reject(new RangeError("late"));
  await assertRejects(() => source.calls[0]!.promise);
  await assertRejects(() => wait.next(), RangeError, "late");
});

Deno.test("InterruptibleWait.close() passes on what has been kept, and what still comes", async () => {
  for (const when of ["kept", "to come"]) {
    const source = new Source();
    const wait = new InterruptibleWait(source.next);
    const left = wait.next();
    wait.wake();
    await left;
    const discarded = Promise.withResolvers<string>();
    if (when === "to come") wait.close(discarded.resolve);
    source.calls[0]!.resolve(when);
    await source.calls[0]!.promise;
    if (when === "kept") wait.close(discarded.resolve);
    assertEquals(await discarded.promise, when);
  }
});
