import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { RequestReader, UnexpectedEof } from "@socketserver/socketserver";
import { originOf } from "../../src/streams/error_origin.ts";
import { HeldSource } from "../fixtures/held_source.ts";

/** Each gives what is left of a text of four letters, as bytes or as text. */
const calls = {
  "readExactly()": (rfile: RequestReader, required?: boolean) =>
    rfile.readExactly(4, { required }),
  "readLine()": (rfile: RequestReader, required?: boolean) =>
    rfile.readLine({ required }),
  "readUntil()": (rfile: RequestReader, required?: boolean) =>
    rfile.readUntil("\n", { required }),
};

for (const [name, call] of Object.entries(calls)) {
  Deno.test(`RequestReader.${name} rejects at the end of the input if something is required`, async () => {
    const source = new HeldSource();
    const rfile = new RequestReader(source);
    const reading = assertRejects(() => call(rfile, true), UnexpectedEof);
    await source.give(null);
    const error = await reading;
    assertEquals(error.partial, new Uint8Array(0));
    assertEquals(
      /^Cannot read .* as the input ended after 0 bytes$/.test(error.message),
      true,
      error.message,
    );
    assertStrictEquals(originOf(error), source);
    // Again, and when nothing is required all the same.
    await assertRejects(() => call(rfile, true), UnexpectedEof);
    assertEquals(await call(rfile, false), null);
    assertEquals(await call(rfile, undefined), null);
  });

  Deno.test(`RequestReader.${name} gives what is required if it is there`, async () => {
    const rfile = new RequestReader(new TextEncoder().encode("abc\n"));
    const result = await call(rfile, true);
    const text = typeof result === "string"
      ? `${result}\n`
      : new TextDecoder().decode(result!);
    assertEquals(text, "abc\n");
  });
}

Deno.test("RequestReader.readLine() gives a required line that the end has cut off", async () => {
  const rfile = new RequestReader(new TextEncoder().encode("abc"));
  // By their types, these are no null.
  const line: string = await rfile.readLine({ required: true });
  assertEquals(line, "abc");
});

Deno.test("RequestReader.readExactly() gives no bytes at the end if none are required", async () => {
  const rfile = new RequestReader(new Uint8Array(0));
  const none: Uint8Array = await rfile.readExactly(0, { required: true });
  assertEquals(none, new Uint8Array(0));
});

Deno.test("RequestReader.readUntil() rejects with the part that came, required or not", async () => {
  for (const required of [true, false]) {
    const rfile = new RequestReader(new TextEncoder().encode("abc"));
    const error = await assertRejects(
      () => rfile.readUntil("\n", { required }),
      UnexpectedEof,
    );
    assertEquals(new TextDecoder().decode(error.partial), "abc");
  }
});
