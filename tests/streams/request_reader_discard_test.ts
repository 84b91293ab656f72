import { RequestReader } from "@socketserver/socketserver";
import { assertEquals, assertRejects } from "@std/assert";
import { chunkedSource } from "../fixtures/chunked_source.ts";
import { HeldSource } from "../fixtures/held_source.ts";

const encoder = new TextEncoder();

Deno.test("RequestReader.discard() drops what has come, and no more", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  assertEquals(await rfile.discard(), 0);
  const line = rfile.readLine();
  await source.give("one\ntwo\nthr");
  assertEquals(await line, "one");
  assertEquals(await rfile.discard(), 7);
  assertEquals(await rfile.discard(), 0);
  const next = rfile.readLine();
  await source.give("four\n");
  assertEquals(await next, "four");
});

Deno.test("RequestReader.discard() drops bytes that it was given", async () => {
  const rfile = new RequestReader(encoder.encode("one\ntwo\n"));
  assertEquals(await rfile.readLine(), "one");
  assertEquals(await rfile.discard(), 4);
  assertEquals(await rfile.readLine(), null);
});

Deno.test("RequestReader.discard() drops what the stream has taken", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const reader = rfile.getReader();
  const read = reader.read();
  await source.asked();
  reader.releaseLock();
  await assertRejects(() => read, TypeError);
  await assertRejects(() => rfile.discard(), Deno.errors.Busy);
  await source.give("one\ntwo\n");
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(await rfile.discard(), 8);
  const line = rfile.readLine();
  await source.give("three\n");
  assertEquals(await line, "three");
});

Deno.test("RequestReader.discard() rejects while a read waits, or is in flight", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const controller = new AbortController();
  const read = rfile.readLine({ signal: controller.signal });
  await source.asked();
  await assertRejects(() => rfile.discard(), Deno.errors.Busy, "is waiting");
  controller.abort();
  await assertRejects(() => read, DOMException);
  await assertRejects(() => rfile.discard(), Deno.errors.Busy, "given up");
  await source.give("STARTTLS\nmore\n");
  assertEquals(await rfile.readLine(), "STARTTLS");
  assertEquals(await rfile.discard(), 5);
});

Deno.test("RequestReader.discard() rejects while the stream is locked", async () => {
  const rfile = new RequestReader(chunkedSource("one"));
  const reader = rfile.getReader();
  await assertRejects(() => rfile.discard(), TypeError);
  reader.releaseLock();
  assertEquals(await rfile.discard(), 0);
});

Deno.test("RequestReader.discard() is not kept by a read that has failed", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const controller = new AbortController();
  const read = rfile.read(1, { signal: controller.signal });
  await source.asked();
  controller.abort();
  await assertRejects(() => read, DOMException);
  await source.fail(new Error("lost"));
  await new Promise((resolve) => setTimeout(resolve));
  assertEquals(await rfile.discard(), 0);
  await assertRejects(() => rfile.read(), Error, "lost");
});
