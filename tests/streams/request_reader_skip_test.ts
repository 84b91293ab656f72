import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { toText } from "@std/streams/to-text";
import { Buffer } from "node:buffer";
import { LineTooLongError, RequestReader } from "@socketserver/socketserver";
import { originOf } from "../../src/streams/error_origin.ts";
import { chunkedSource } from "../fixtures/chunked_source.ts";
import { HeldSource } from "../fixtures/held_source.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const LIMIT_MS = 10_000;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A reader whose lines may have three bytes. */
function strictReader(
  ...args: ConstructorParameters<typeof RequestReader>
): RequestReader {
  const rfile = new RequestReader(...args);
  rfile.maxLineLength = 3;
  return rfile;
}

/** A strict reader that has begun to skip a line: the source holds its rest. */
async function skippingReader(
  source: HeldSource,
  timeout: number | null = null,
): Promise<RequestReader> {
  const rfile = strictReader(source, { timeout });
  const line = assertRejects(() => rfile.readLine(), LineTooLongError);
  await source.give("too long");
  await line;
  return rfile;
}

/** Every way to cut bytes in three, and all of them alone. */
function* cuts(bytes: Uint8Array): Generator<Uint8Array[]> {
  for (let one = 0; one <= bytes.length; one++) {
    for (let two = one; two <= bytes.length; two++) {
      yield [
        bytes.subarray(0, one),
        bytes.subarray(one, two),
        bytes.subarray(two),
      ].filter(({ length }) => length > 0);
    }
  }
  yield Array.from(bytes, (byte) => Uint8Array.of(byte));
}

/** What a call gives, or the name of its error. */
async function outcome(
  call: () => Promise<Uint8Array | string | null>,
): Promise<string | null> {
  try {
    const given = await call();
    return given instanceof Uint8Array ? decoder.decode(given) : given;
  } catch (error) {
    return (error as Error).name;
  }
}

Deno.test("RequestReader.readLine() rejects once for each line that is too long, however the input is cut", async () => {
  for (const chunks of cuts(encoder.encode("ab\r\nlong\nlong\r\nc\nlong"))) {
    const rfile = strictReader(chunkedSource(...chunks));
    const outcomes: (string | null)[] = [];
    for (let i = 0; i < 6; i++) {
      outcomes.push(await outcome(() => rfile.readLine()));
    }
    assertEquals(outcomes, [
      "ab",
      "LineTooLongError",
      "LineTooLongError",
      "c",
      "LineTooLongError",
      null,
    ]);
  }
});

for (const delimiter of ["\n", "--", "abab", "aab"]) {
  Deno.test(`RequestReader.readUntil() goes on after the delimiter ${JSON.stringify(delimiter)} of what was too long, however the input is cut`, async () => {
    const text = `xxaa-xab-x${delimiter}b${delimiter}`;
    for (const chunks of cuts(encoder.encode(text))) {
      const rfile = strictReader(chunkedSource(...chunks));
      const read = () => outcome(() => rfile.readUntil(delimiter));
      const outcomes = [await read(), await read(), await read()];
      assertEquals(outcomes, ["LineTooLongError", `b${delimiter}`, null]);
    }
  });
}

const nextCalls: Record<string, (rfile: RequestReader) => Promise<unknown>> = {
  "read()": async (rfile) => decoder.decode((await rfile.read())!),
  "readExactly()": async (rfile) =>
    decoder.decode((await rfile.readExactly(4))!),
  "readUntil()": async (rfile) => decoder.decode((await rfile.readUntil("t"))!),
  "readLine()": (rfile) => rfile.readLine(),
  "lines()": async (rfile) => (await rfile.lines().next()).value,
  "a stream": async (rfile) => {
    const reader = rfile.getReader();
    return decoder.decode((await reader.read()).value);
  },
  "a stream that reads into a buffer": async (rfile) => {
    const reader = rfile.getReader({ mode: "byob" });
    return decoder.decode((await reader.read(new Uint8Array(9))).value);
  },
  "toText()": (rfile) => toText(rfile),
};

for (const [name, call] of Object.entries(nextCalls)) {
  Deno.test(`RequestReader.readLine() lets ${name} go on after the line that was too long`, async () => {
    const source = new HeldSource();
    const rfile = await skippingReader(source);
    rfile.maxLineLength = 9;
    const next = call(rfile);
    await source.give(", far");
    await source.give(" too long\n"); // ends as the buffer does
    await source.give("next");
    source.give(null);
    assertEquals(await next, "next");
  });

  Deno.test(`RequestReader.readLine() lets ${name} go on after a line that was too long, and has come`, async () => {
    const rfile = strictReader(encoder.encode("too long\nnext"));
    await assertRejects(() => rfile.readLine(), LineTooLongError);
    rfile.maxLineLength = 9;
    assertEquals(await call(rfile), "next");
  });
}

Deno.test("RequestReader.lines() goes on in a second loop after the line that was too long", async () => {
  const rfile = strictReader(chunkedSource("a\nlong\nb\nc"));
  await assertRejects(() => Array.fromAsync(rfile.lines()), LineTooLongError);
  assertEquals(await Array.fromAsync(rfile.lines()), ["b", "c"]);
});

for (
  const method of ["readLine", "read", "readExactly", "readUntil"] as const
) {
  Deno.test(`RequestReader.${method}() returns null if the input ends in the line that was too long`, async () => {
    const source = new HeldSource();
    const rfile = await skippingReader(source);
    const next = {
      readLine: () => rfile.readLine(),
      read: () => rfile.read(),
      readExactly: () => rfile.readExactly(1),
      readUntil: () => rfile.readUntil(";"),
    }[method]();
    await source.give("and no end");
    await source.give(null);
    assertStrictEquals(await next, null);
  });
}

Deno.test("RequestReader.readLine() times out while it skips, and the next call skips on", async () => {
  const source = new HeldSource();
  const rfile = await skippingReader(source, 0.01);
  await assertRejects(() => rfile.readLine(), Deno.errors.TimedOut);
  await assertRejects(() => rfile.readLine(), Deno.errors.TimedOut);
  await source.give(" by far"); // nobody waits for it
  await assertRejects(() => rfile.readLine(), Deno.errors.TimedOut);
  await source.give(" too long\nok\n");
  assertEquals(await rfile.readLine(), "ok");
});

Deno.test("RequestReader.readLine() leaves no timer when it has skipped pieces", async () => {
  const source = new HeldSource();
  const rfile = await skippingReader(source, 3600);
  const next = rfile.readLine();
  for (let i = 0; i < 3; i++) {
    await source.give(" and more");
    await source.asked();
  }
  await source.give("\nok\n");
  assertEquals(await next, "ok");
});

Deno.test("RequestReader.readLine() skips on after a read that was interrupted", async () => {
  const source = new HeldSource();
  const rfile = await skippingReader(source);
  const interrupted = assertRejects(
    () => rfile.readLine(),
    Deno.errors.Interrupted,
  );
  await source.fail(new Deno.errors.Interrupted("for a moment"));
  await interrupted;
  const next = rfile.readLine();
  await source.give(" by far\nok\n");
  assertEquals(await next, "ok");
});

Deno.test("RequestReader.readLine() skips what is on its way for a read that timed out", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source, { timeout: 0.01 });
  const first = assertRejects(() => rfile.readLine(), Deno.errors.TimedOut);
  await source.give("too long");
  await first;
  rfile.maxLineLength = 3;
  await assertRejects(() => rfile.readLine(), LineTooLongError);
  await source.give(" by far\nok\n");
  assertEquals(await rfile.readLine(), "ok");
});

Deno.test("RequestReader.readLine() keeps nothing of what it skips", async () => {
  const buffers = new Set<ArrayBufferLike>();
  let reads = 0;
  const rfile = strictReader({
    read(buffer) {
      buffers.add(buffer.buffer);
      buffer.fill(reads++ === 5_000 ? 10 : 120);
      return Promise.resolve(buffer.length);
    },
  });
  await assertRejects(() => rfile.readLine(), LineTooLongError);
  assertEquals(await rfile.readLine(), "");
  const sizes = Array.from(buffers, ({ byteLength }) => byteLength);
  assertEquals(sizes, [512, 2048, 8192, 32_768, 65_536]);
});

Deno.test("RequestReader.readLine() reads nothing ahead behind the line that it skips, with a buffer of 0", async () => {
  const source = chunkedSource("too long\nnext");
  const rfile = strictReader(source, { bufferSize: 0 });
  await assertRejects(() => rfile.readLine(), LineTooLongError);
  const next = await rfile.readExactly(3);
  assertEquals(next, encoder.encode("nex"));
  const rest = new Uint8Array(9);
  assertEquals(await source.read(rest), 1);
});

Deno.test("RequestReader.readUntil() skips up to the delimiter that it was given, whatever becomes of it", async () => {
  const source = new HeldSource();
  const rfile = strictReader(source);
  const delimiter = encoder.encode(";");
  const reading = assertRejects(
    () => rfile.readUntil(delimiter),
    LineTooLongError,
  );
  await source.give("long");
  await reading;
  delimiter.fill(0);
  const next = rfile.readLine();
  await source.give("er\n;ok\n");
  assertEquals(await next, "ok");
});

Deno.test("RequestReader.readLine() that is called again for every error waits for the client", async () => {
  using pair = await TcpPair.open();
  const rfile = strictReader(pair.server);
  const errors: unknown[] = [];
  const next = (async () => {
    while (errors.length < 1_000) {
      try {
        return await rfile.readLine();
      } catch (error) {
        errors.push(error);
      }
    }
    return "never waited";
  })();
  await pair.client.write(encoder.encode("long\nlong and on its way"));
  await pair.client.write(encoder.encode("\nok\n"));
  assertEquals(await deadline(next, LIMIT_MS), "ok");
  assertEquals(errors.length, 2);
});

const lineCalls: Record<string, (rfile: RequestReader) => Promise<unknown>> = {
  "readLine()": (rfile) => rfile.readLine(),
  "readUntil()": (rfile) => rfile.readUntil("\n"),
};

for (const [name, call] of Object.entries(lineCalls)) {
  Deno.test(`RequestReader.${name} rejects with LineTooLongError whose origin is the source`, async () => {
    const source = chunkedSource("long");
    const error = await assertRejects(
      () => call(strictReader(source)),
      LineTooLongError,
    );
    assertStrictEquals(originOf(error), source);
    const ofBytes = await assertRejects(
      () => call(strictReader(encoder.encode("long"))),
      LineTooLongError,
    );
    assertStrictEquals(originOf(ofBytes), undefined);
  });
}

for (const [name, call] of Object.entries(lineCalls)) {
  Deno.test(`RequestReader.${name} rejects with how the line begins that is too long, in memory of its own`, async () => {
    const bytes = encoder.encode("abcdefg\nhij\n");
    for (
      const source of [
        bytes,
        Buffer.from(bytes),
        chunkedSource("abcdefg\nhij\n"),
      ]
    ) {
      const rfile = strictReader(source);
      const first = await assertRejects(() => call(rfile), LineTooLongError);
      assertEquals(first.partial, encoder.encode("abc"));
      rfile.maxLineLength = 0;
      const next = await assertRejects(() => call(rfile), LineTooLongError);
      assertEquals(next.partial, new Uint8Array(0));
      assertEquals(first.partial.buffer.byteLength, 3);
    }
  });
}
