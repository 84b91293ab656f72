import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  LineTooLongError,
  RequestReader,
  UnexpectedEof,
} from "@socketserver/socketserver";
import { chunkedSource } from "../fixtures/chunked_source.ts";
import { HeldSource } from "../fixtures/held_source.ts";

const encoder = new TextEncoder();

function readerOf(...chunks: readonly (string | Uint8Array)[]): RequestReader {
  return new RequestReader(chunkedSource(...chunks));
}

/** A reader for each way to cut a text in two, and for one byte at a time. */
function readersOf(text: string): RequestReader[] {
  const bytes = encoder.encode(text);
  const inTwo = Array.from(bytes, (_, at) =>
    [
      bytes.subarray(0, at + 1),
      bytes.subarray(at + 1),
    ].filter(({ length }) => length > 0));
  const inBytes = Array.from(bytes, (byte) => Uint8Array.of(byte));
  return [...inTwo, inBytes].map((chunks) => readerOf(...chunks));
}

Deno.test("RequestReader.readLine() takes \\n and \\r\\n off, however the input is cut", async () => {
  for (const rfile of readersOf("one\r\n\ntwo\n\r\nthree\n")) {
    assertEquals(await Array.fromAsync(rfile.lines()), [
      "one",
      "",
      "two",
      "",
      "three",
    ]);
  }
});

Deno.test("RequestReader.readLine() leaves a lone \\r in the line", async () => {
  const rfile = readerOf("a\rb\n\r\r\nc\r");
  assertEquals(await Array.fromAsync(rfile.lines()), ["a\rb", "\r", "c\r"]);
});

Deno.test("RequestReader.readLine() returns a last line that is not ended, then null", async () => {
  const rfile = readerOf("a\nla", "st");
  assertEquals(await rfile.readLine(), "a");
  assertEquals(await rfile.readLine(), "last");
  assertStrictEquals(await rfile.readLine(), null);
});

Deno.test("RequestReader.readLine() returns null for a client that sends nothing", async () => {
  assertStrictEquals(await readerOf().readLine(), null);
});

Deno.test("RequestReader.readLine() decodes characters that are cut in two", async () => {
  for (const rfile of readersOf("é€😀\nü\n")) {
    assertEquals(await Array.fromAsync(rfile.lines()), ["é€😀", "ü"]);
  }
});

Deno.test("RequestReader.readLine() keeps a byte order mark", async () => {
  const rfile = readerOf("\uFEFFa\n\uFEFFb\n");
  assertEquals(await Array.fromAsync(rfile.lines()), ["\uFEFFa", "\uFEFFb"]);
});

Deno.test("RequestReader.readLine() replaces bytes that are not UTF-8", async () => {
  const rfile = readerOf(Uint8Array.of(97, 0xFF, 98, 10));
  assertEquals(await rfile.readLine(), "a\uFFFDb");
});

for (const end of ["\n", "\r\n", ""]) {
  const name = JSON.stringify(end);
  Deno.test(`RequestReader.readLine() takes a line as long as the limit, ended by ${name}`, async () => {
    for (const rfile of readersOf(`12345678${end}`)) {
      rfile.maxLineLength = 8;
      assertEquals(await rfile.readLine(), "12345678");
      assertStrictEquals(await rfile.readLine(), null);
    }
  });

  Deno.test(`RequestReader.readLine() rejects a line one byte longer than the limit, ended by ${name}`, async () => {
    const text = `123456789${end}next`;
    for (const rfile of readersOf(text)) {
      rfile.maxLineLength = 8;
      await assertRejects(
        () => rfile.readLine(),
        LineTooLongError,
        "must not be longer than 8 bytes",
      );
      assertStrictEquals(await rfile.readLine(), end ? "next" : null);
      assertStrictEquals(await rfile.readLine(), null);
    }
  });
}

Deno.test("RequestReader.readLine() counts bytes, not characters", async () => {
  const rfile = readerOf("€€\n€€\n");
  rfile.maxLineLength = 5;
  await assertRejects(() => rfile.readLine(), LineTooLongError);
  rfile.maxLineLength = 6;
  assertEquals(await rfile.readLine(), "€€");
});

Deno.test("RequestReader.readLine() has a limit of 64 KiB", async () => {
  const longest = "x".repeat(65_536);
  const rfile = readerOf(`${longest}\r\n`, `${longest}x\n`);
  assertEquals(await rfile.readLine(), longest);
  await assertRejects(() => rfile.readLine(), LineTooLongError);
});

Deno.test("RequestReader.readLine() does not wait for the rest of a line that is too long", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  rfile.maxLineLength = 3;
  const line = assertRejects(() => rfile.readLine(), LineTooLongError);
  await source.give("12345");
  await line;
});

Deno.test("RequestReader.lines() leaves the rest in the reader when it is left", async () => {
  const rfile = readerOf("one\ntwo\nthree");
  for await (const line of rfile.lines()) {
    if (line === "two") break;
  }
  assertEquals(await rfile.read(), encoder.encode("three"));
});

Deno.test("RequestReader.lines() rejects as readLine() does", async () => {
  const rfile = readerOf("one\nlonger\n");
  rfile.maxLineLength = 3;
  const lines: string[] = [];
  await assertRejects(async () => {
    for await (const line of rfile.lines()) lines.push(line);
  }, LineTooLongError);
  assertEquals(lines, ["one"]);
});

Deno.test("RequestReader.readUntil() returns the bytes and the delimiter, however the input is cut", async () => {
  for (const rfile of readersOf("one--two----end")) {
    assertEquals(await rfile.readUntil("--"), encoder.encode("one--"));
    assertEquals(await rfile.readUntil("--"), encoder.encode("two--"));
    assertEquals(await rfile.readUntil("--"), encoder.encode("--"));
    assertEquals(await rfile.readExactly(3), encoder.encode("end"));
  }
});

Deno.test("RequestReader.readUntil() finds a delimiter behind a part of itself", async () => {
  for (const rfile of readersOf("xaaaab aaab")) {
    assertEquals(await rfile.readUntil("aab"), encoder.encode("xaaaab"));
    assertEquals(await rfile.readUntil("aab"), encoder.encode(" aaab"));
  }
});

Deno.test("RequestReader.readUntil() takes bytes for a delimiter", async () => {
  for (const rfile of readersOf("ab\0\x01c")) {
    assertEquals(
      await rfile.readUntil(Uint8Array.of(0, 1)),
      encoder.encode("ab\0\x01"),
    );
  }
});

Deno.test("RequestReader.readUntil() takes as many bytes as the limit before the delimiter", async () => {
  for (const rfile of readersOf("1234;;")) {
    rfile.maxLineLength = 4;
    assertEquals(await rfile.readUntil(";;"), encoder.encode("1234;;"));
  }
});

Deno.test("RequestReader.readUntil() rejects if more bytes than the limit come before the delimiter", async () => {
  for (const rfile of readersOf("12345;;next")) {
    rfile.maxLineLength = 4;
    await assertRejects(() => rfile.readUntil(";;"), LineTooLongError);
    assertEquals(await rfile.readExactly(4), encoder.encode("next"));
  }
});

Deno.test("RequestReader.readUntil() returns null if the input ends before the first byte", async () => {
  const rfile = readerOf("a;");
  assertEquals(await rfile.readUntil(";"), encoder.encode("a;"));
  assertStrictEquals(await rfile.readUntil(";"), null);
});

Deno.test("RequestReader.readUntil() rejects with what came before the end", async () => {
  for (const rfile of readersOf("a\r")) {
    const error = await assertRejects(
      () => rfile.readUntil("\r\n"),
      UnexpectedEof,
      "the input ended after 2 bytes",
    );
    assertEquals(error.partial, encoder.encode("a\r"));
    assertStrictEquals(await rfile.read(), null);
  }
});

for (const delimiter of ["", new Uint8Array(0)]) {
  Deno.test(`RequestReader.readUntil() refuses ${Deno.inspect(delimiter)}`, async () => {
    await assertRejects(
      () => readerOf("a").readUntil(delimiter),
      RangeError,
      "'delimiter' must not be empty",
    );
  });
}
