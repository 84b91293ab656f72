import { Buffer } from "node:buffer";
import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { RequestReader, UnexpectedEof } from "@socketserver/socketserver";
import { chunkedSource } from "../fixtures/chunked_source.ts";
import { HeldSource } from "../fixtures/held_source.ts";

const encoder = new TextEncoder();

function readerOf(...chunks: readonly string[]): RequestReader {
  return new RequestReader(chunkedSource(...chunks));
}

Deno.test("RequestReader.read() returns what has come, and null at the end", async () => {
  const rfile = readerOf("ab", "c");
  assertEquals(await rfile.read(), encoder.encode("ab"));
  assertEquals(await rfile.read(), encoder.encode("c"));
  assertEquals([await rfile.read(), await rfile.read()], [null, null]);
});

Deno.test("RequestReader.read() returns at most as many bytes as it is told", async () => {
  const rfile = readerOf("abcde");
  assertEquals(await rfile.read(2), encoder.encode("ab"));
  assertEquals(await rfile.read(2), encoder.encode("cd"));
  assertEquals(await rfile.read(2), encoder.encode("e"));
});

Deno.test("RequestReader.read() returns no bytes at once if none are wanted", async () => {
  const rfile = new RequestReader(new HeldSource());
  assertEquals(await rfile.read(0), new Uint8Array(0));
});

Deno.test("RequestReader.readExactly() waits for all the bytes, over many chunks", async () => {
  const rfile = readerOf("a", "bc", "def", "gh");
  assertEquals(await rfile.readExactly(5), encoder.encode("abcde"));
  assertEquals(await rfile.readExactly(3), encoder.encode("fgh"));
});

Deno.test("RequestReader.readExactly() returns no bytes at once if none are wanted", async () => {
  const rfile = new RequestReader(new HeldSource());
  assertEquals(await rfile.readExactly(0), new Uint8Array(0));
});

Deno.test("RequestReader.readExactly() returns null if the input ends before the first byte", async () => {
  const rfile = readerOf("ab");
  assertEquals(await rfile.readExactly(2), encoder.encode("ab"));
  assertStrictEquals(await rfile.readExactly(1), null);
  assertStrictEquals(await rfile.readExactly(1), null);
});

Deno.test("RequestReader.readExactly() returns no bytes at the end if none are wanted", async () => {
  const rfile = readerOf();
  assertStrictEquals(await rfile.read(), null);
  assertEquals(await rfile.readExactly(0), new Uint8Array(0));
});

Deno.test("RequestReader.readExactly() rejects with what came before the end", async () => {
  const rfile = readerOf("ab", "c");
  const error = await assertRejects(
    () => rfile.readExactly(4),
    UnexpectedEof,
    "Cannot read 4 bytes as the input ended after 3",
  );
  assertEquals(error.partial, encoder.encode("abc"));
  assertEquals(await rfile.read(), null);
});

Deno.test("RequestReader.readExactly() reserves no memory for a length that a client made up", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const reading = assertRejects(
    () => rfile.readExactly(Number.MAX_SAFE_INTEGER),
    UnexpectedEof,
  );
  await source.give("only this");
  await source.give(null);
  const { partial } = await reading;
  assertEquals(partial, encoder.encode("only this"));
  assertEquals(source.sizes, [512, 512]);
});

for (
  const [name, call, chunks, sizes] of [
    ["read(5)", (rfile) => rfile.read(5), ["abc"], [5]],
    ["readExactly(5)", (rfile) => rfile.readExactly(5), ["abc", "de"], [5, 2]],
    ["readLine()", (rfile) => rfile.readLine(), ["a", "\n"], [1, 1]],
    ["readUntil()", (rfile) => rfile.readUntil(";"), ["a", ";"], [1, 1]],
  ] satisfies [
    string,
    (rfile: RequestReader) => Promise<unknown>,
    string[],
    number[],
  ][]
) {
  Deno.test(`RequestReader.${name} asks for no byte too many with a buffer of 0`, async () => {
    const source = new HeldSource();
    const called = call(new RequestReader(source, { bufferSize: 0 }));
    for (const chunk of chunks) await source.give(chunk);
    await called;
    assertEquals(source.sizes, sizes);
  });
}

for (const count of [-1, 1.5, NaN, 2 ** 53]) {
  Deno.test(`RequestReader.read() and readExactly() refuse a count of ${count}`, async () => {
    const rfile = readerOf("abc");
    const message = `must be a non-negative integer: current value is ${count}`;
    await assertRejects(() => rfile.read(count), RangeError, message);
    await assertRejects(() => rfile.readExactly(count), RangeError, message);
    assertEquals(await rfile.read(), encoder.encode("abc"));
  });
}

Deno.test("RequestReader.readExactly() refuses Infinity", async () => {
  await assertRejects(() => readerOf("a").readExactly(Infinity), RangeError);
});

for (
  const method of ["read", "readExactly", "readLine", "readUntil"] as const
) {
  Deno.test(`RequestReader.${method}() rejects with Busy while another call waits`, async () => {
    const source = new HeldSource();
    const rfile = new RequestReader(source);
    const first = rfile.readLine();
    const second = {
      read: () => rfile.read(),
      readExactly: () => rfile.readExactly(1),
      readLine: () => rfile.readLine(),
      readUntil: () => rfile.readUntil("b"),
    }[method];
    await assertRejects(second, Deno.errors.Busy, "another read is waiting");
    source.give("all\n");
    assertEquals(await first, "all");
  });

  Deno.test(`RequestReader.${method}() rejects with TypeError while the stream is locked`, async () => {
    const rfile = readerOf("ab");
    const reader = rfile.getReader();
    const locked = {
      read: () => rfile.read(),
      readExactly: () => rfile.readExactly(1),
      readLine: () => rfile.readLine(),
      readUntil: () => rfile.readUntil("b"),
    }[method];
    await assertRejects(locked, TypeError, "locked to a stream reader");
    reader.releaseLock();
    assertEquals(await rfile.read(), encoder.encode("ab"));
  });
}

Deno.test("RequestReader.read() rejects as the connection does", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const reading = rfile.read();
  source.fail(new Deno.errors.ConnectionReset("gone"));
  await assertRejects(() => reading, Deno.errors.ConnectionReset, "gone");
});

Deno.test("RequestReader gives bytes that may be changed and transferred", async () => {
  const rfile = readerOf("abcdef", "ghi\njkl;mno");
  const given = [
    () => rfile.read(2),
    () => rfile.readExactly(2),
    () => rfile.read(),
    () => rfile.readUntil("\n"),
    () => rfile.readUntil(";"),
    () => rfile.read(),
  ];
  const texts = [];
  for (const give of given) {
    const bytes = (await give())!;
    texts.push(new TextDecoder().decode(bytes));
    bytes.fill(0);
    bytes.buffer.transfer();
  }
  assertEquals(texts, ["ab", "cd", "ef", "ghi\n", "jkl;", "mno"]);
});

Deno.test("RequestReader leaves the bytes that it was made of to their owner", async () => {
  const whole = encoder.encode("abc");
  const read = await new RequestReader(whole).read();
  read!.fill(0);
  assertEquals(whole, encoder.encode("abc"));
  assertEquals(await new Response(new RequestReader(whole)).text(), "abc");
  assertEquals(whole, encoder.encode("abc"));
});

Deno.test("RequestReader leaves a Buffer of Node's to its owner", async () => {
  const whole = Buffer.from("one\ntwo");
  const rfile = new RequestReader(whole as Uint8Array<ArrayBuffer>);
  assertEquals(await rfile.readLine(), "one");
  const read = await rfile.read();
  read!.buffer.transfer();
  await new Response(
    new RequestReader(whole as Uint8Array<ArrayBuffer>),
  ).text();
  assertEquals(whole.toString(), "one\ntwo");
});

Deno.test("RequestReader reads all that there is of bytes that it is made of", async () => {
  const rfile = new RequestReader(encoder.encode("one\ntwo"));
  assertEquals(await rfile.readLine(), "one");
  assertEquals(await rfile.read(), encoder.encode("two"));
  assertEquals(await rfile.read(), null);
});

// Last, as what it feared once broke every reader that came after it.
Deno.test("RequestReader gives no bytes that may be transferred, too", async () => {
  const none = await new RequestReader(chunkedSource()).readExactly(0);
  none!.buffer.transfer();
  assertEquals(await readerOf("line\n").readLine(), "line");
});
