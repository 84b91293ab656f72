import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { LineTooLongError, RequestReader } from "@socketserver/socketserver";
import { HeldSource } from "../fixtures/held_source.ts";
import { readCalls, textOf } from "../fixtures/read_calls.ts";

const REASON = new Error("something else");

Deno.test("RequestReader is a stream that goes on where a call was aborted", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const controller = new AbortController();
  const read = rfile.readLine(controller);
  await source.give("first ");
  await source.asked();
  controller.abort(REASON);
  const text = new Response(rfile).text();
  assertStrictEquals(await assertRejects(() => read), REASON);
  await source.give("last");
  await source.give(null);
  assertEquals(await text, "first last");
});

Deno.test("RequestReader.readLine() rejects at a signal while a line that is too long is skipped, and the next call skips on", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  rfile.maxLineLength = 3;
  const tooLong = rfile.readLine();
  await source.give("too long");
  await assertRejects(() => tooLong, LineTooLongError);
  for (const call of Object.values(readCalls)) {
    const controller = new AbortController();
    const read = call(rfile, controller);
    await source.give(" and more");
    await source.asked();
    controller.abort(REASON);
    assertStrictEquals(await assertRejects(() => read), REASON);
  }
  const read = rfile.readLine();
  await source.give("\nok\n");
  assertEquals(await read, "ok");
});

for (const [name, call] of Object.entries(readCalls)) {
  Deno.test(`RequestReader.${name} rejects at a signal while it waits for what the stream has asked for, and the next call gets it`, async () => {
    const source = new HeldSource();
    const rfile = new RequestReader(source);
    const reader = rfile.getReader();
    const released = assertRejects(() => reader.read(), TypeError);
    await source.asked();
    reader.releaseLock();
    await released;
    const controller = new AbortController();
    const read = call(rfile, controller);
    await source.asked();
    controller.abort(REASON);
    assertStrictEquals(await assertRejects(() => read), REASON);
    const next = call(rfile);
    await source.give("late\n");
    assertEquals(await next, "late\n");
  });

  for (let turns = 0; turns < 12; turns++) {
    Deno.test(`RequestReader.${name} may be aborted while bytes are taken back, ${turns} turns on, and the next call gets them`, async () => {
      const source = new HeldSource();
      const rfile = new RequestReader(source);
      const reader = rfile.getReader();
      const released = assertRejects(() => reader.read(), TypeError);
      await source.asked();
      reader.releaseLock();
      await released;
      await source.give("abcd\n"); // into the stream
      const controller = new AbortController();
      const read = call(rfile, controller).catch((error) => {
        assertStrictEquals(error, REASON);
        return null;
      });
      for (let i = 0; i < turns; i++) await null;
      controller.abort(REASON);
      const next = rfile.readExactly(5);
      if (await read === null) assertEquals(textOf(await next), "abcd\n");
      else next.catch(() => {});
    });
  }
}

Deno.test("RequestReader.readLine() loses nothing of what the stream pulls while a call is under way that is aborted", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const controller = new AbortController();
  const read = assertRejects(() => rfile.readLine(controller));
  await source.give("first ");
  await source.asked();
  const reader = rfile.getReader();
  const released = assertRejects(() => reader.read(), TypeError);
  for (let i = 0; i < 10; i++) await null; // until the stream waits for the call
  reader.releaseLock();
  controller.abort(REASON);
  assertStrictEquals(await read, REASON);
  await released;
  const next = rfile.readLine();
  for (let i = 0; i < 10; i++) await null; // what came is taken back
  await source.give("last\n");
  assertEquals(await next, "first last");
});
