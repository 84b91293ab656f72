import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { type ReadOptions, RequestReader } from "@socketserver/socketserver";
import { originOf } from "../../src/streams/error_origin.ts";
import { FakeClock } from "../fixtures/fake_clock.ts";
import { HeldSource } from "../fixtures/held_source.ts";
import { readCalls } from "../fixtures/read_calls.ts";

/** Learns when a call times out, as soon as it does. */
async function timeOf(
  call: Promise<unknown>,
  clock: FakeClock,
  most: number,
): Promise<number | null> {
  let error: unknown = null;
  call.catch((it) => error = it);
  for (let passed = 0; passed <= most; passed += 500) {
    await clock.pass(passed === 0 ? 0 : 500);
    if (error === null) continue;
    assert(error instanceof Deno.errors.TimedOut, `${error}`);
    return passed;
  }
  return null;
}

for (const [name, call] of Object.entries(readCalls)) {
  Deno.test(`RequestReader.${name} gives up at a timeout of its own, and the next call gets the bytes`, async () => {
    using clock = new FakeClock();
    const source = new HeldSource();
    const rfile = new RequestReader(source);
    const read = call(rfile, { timeout: 1 });
    assertEquals(await timeOf(read, clock, 2000), 1000);
    const error = await assertRejects(() => read, Deno.errors.TimedOut);
    assertEquals(
      error.message,
      "Cannot read within the timeout: current value is 1 seconds",
    );
    assertStrictEquals(originOf(error), source);
    const before = clock.started;
    const next = call(rfile);
    await clock.pass(60_000);
    await source.give("late\n");
    assertEquals(await next, "late\n");
    assertEquals(source.sizes.length, 1);
    assertEquals(clock.started, before);
  });

  Deno.test(`RequestReader.${name} has its own timeout in place of the reader's`, async () => {
    using clock = new FakeClock();
    const rfile = new RequestReader(new HeldSource(), { timeout: 2 });
    const expected: [ReadOptions | undefined, number | null][] = [
      [{ timeout: 1 }, 1000],
      [undefined, 2000],
      [{ timeout: 3 }, 3000],
      [{ timeout: undefined }, 2000],
      [{}, 2000],
      [{ timeout: 0 }, 0],
      [null as unknown as undefined, 2000],
      [{ timeout: null }, null],
    ];
    for (const [options, time] of expected) {
      assertEquals(await timeOf(call(rfile, options), clock, 4000), time);
    }
  });

  Deno.test(`RequestReader.${name} has an infinite timeout of its own in place of the reader's`, async () => {
    using clock = new FakeClock();
    const rfile = new RequestReader(new HeldSource(), { timeout: 2 });
    const read = call(rfile, { timeout: Infinity });
    assertEquals(await timeOf(read, clock, 4000), null);
  });

  Deno.test(`RequestReader.${name} gives up at its signal or its own timeout, whichever is first`, async () => {
    using clock = new FakeClock();
    const rfile = new RequestReader(new HeldSource());
    const controller = new AbortController();
    const { signal } = controller;
    const late = call(rfile, { signal, timeout: 1 });
    assertEquals(await timeOf(late, clock, 2000), 1000);
    const read = call(rfile, { signal, timeout: 1 });
    controller.abort("news");
    assertEquals(await read.catch((reason) => reason), "news");
    await clock.pass(2000);
  });
}

Deno.test("RequestReader.lines() has a timeout of its own for each line", async () => {
  using clock = new FakeClock();
  const source = new HeldSource();
  const lines = new RequestReader(source).lines({ timeout: 1 });
  for (let i = 0; i < 3; i++) {
    const line = lines.next();
    await clock.pass(900);
    await source.give("line\n");
    assertEquals((await line).value, "line");
  }
  assertEquals(await timeOf(lines.next(), clock, 2000), 1000);
});

Deno.test("RequestReader.readLine() starts no timer of its own for what has come", async () => {
  using clock = new FakeClock();
  const rfile = new RequestReader(new TextEncoder().encode("one\ntwo\n"));
  assertEquals(await rfile.readLine({ timeout: 1 }), "one");
  assertEquals(clock.started, 0);
});
