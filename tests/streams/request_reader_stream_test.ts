import { Readable } from "node:stream";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { TextLineStream } from "@std/streams/text-line-stream";
import { toBytes } from "@std/streams/to-bytes";
import { toJson } from "@std/streams/to-json";
import { toText } from "@std/streams/to-text";
import { RequestReader } from "@socketserver/socketserver";
import { chunkedSource } from "../fixtures/chunked_source.ts";
import { HeldSource } from "../fixtures/held_source.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const encoder = new TextEncoder();

/** A reader that holds "one\ntwo\n", of which the first line has been read. */
async function halfReadReader(): Promise<RequestReader> {
  const rfile = new RequestReader(chunkedSource("one\ntw", "o\n"));
  assertEquals(await rfile.readLine(), "one");
  return rfile;
}

Deno.test("RequestReader is a ReadableStream of bytes", () => {
  const rfile = new RequestReader(chunkedSource());
  assert(rfile instanceof ReadableStream);
});

async function* chunksOf(reader: ReadableStreamDefaultReader) {
  for (let part; !(part = await reader.read()).done;) yield part.value;
}

const consumers: Record<string, (rfile: RequestReader) => Promise<unknown>> = {
  "new Response()": (rfile) => new Response(rfile).text(),
  "new Request()": (rfile) => {
    const request = { method: "POST", body: rfile };
    return new Request("http://localhost/", request).text();
  },
  "ReadableStream.from()": (rfile) => toText(ReadableStream.from(rfile)),
  "ReadableStream.prototype.getReader()": async (rfile) => {
    const reader = ReadableStream.prototype.getReader
      .call(rfile) as ReadableStreamDefaultReader;
    return await toText(ReadableStream.from(chunksOf(reader)));
  },
  "structuredClone()": (rfile) =>
    toText(structuredClone(rfile, { transfer: [rfile] })),
  "Readable.fromWeb()": async (rfile) =>
    (await Readable.fromWeb(rfile as never).toArray()).join(""),
  "toText()": (rfile) => toText(rfile),
  "toBytes()": async (rfile) => new TextDecoder().decode(await toBytes(rfile)),
  "pipeTo()": async (rfile) => {
    const chunks: Uint8Array[] = [];
    await rfile.pipeTo(
      new WritableStream({ write: (chunk) => void chunks.push(chunk) }),
    );
    return new TextDecoder().decode(
      new Uint8Array(chunks.flatMap((c) => [...c])),
    );
  },
  "pipeThrough()": (rfile) =>
    toText(rfile.pipeThrough(new TextDecoderStream())),
  "tee()": async (rfile) => {
    const [one, other] = rfile.tee();
    const texts = await Promise.all([toText(one), toText(other)]);
    assertEquals(texts[0], texts[1]);
    return texts[0];
  },
  "for await": async (rfile) => {
    let text = "";
    for await (const chunk of rfile) text += new TextDecoder().decode(chunk);
    return text;
  },
};

for (const [name, consume] of Object.entries(consumers)) {
  Deno.test(`RequestReader gives ${name} what a method has left`, async () => {
    assertEquals(await consume(await halfReadReader()), "two\n");
  });

  Deno.test(`RequestReader gives ${name} nothing from a client that sends nothing`, async () => {
    const rfile = new RequestReader(chunkedSource());
    assertEquals(await consume(rfile), "");
  });
}

Deno.test("RequestReader.pipeThrough() feeds a TextLineStream", async () => {
  const rfile = new RequestReader(chunkedSource("on", "e\r\ntwo\nthr", "ee"));
  const lines = rfile
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  assertEquals(await Array.fromAsync(lines), ["one", "two", "three"]);
});

Deno.test("RequestReader feeds toJson()", async () => {
  const rfile = new RequestReader(chunkedSource('{"a":', "[1]}"));
  assertEquals(await toJson(rfile), { a: [1] });
});

Deno.test("RequestReader.getReader() reads between two calls of methods", async () => {
  const rfile = new RequestReader(chunkedSource("a\nb", "cd", "e\nf"));
  assertEquals(await rfile.readLine(), "a");
  const reader = rfile.getReader();
  assertEquals((await reader.read()).value, encoder.encode("b"));
  assertEquals((await reader.read()).value, encoder.encode("cd"));
  reader.releaseLock();
  assertEquals(await rfile.readLine(), "e");
  assertEquals(await rfile.readLine(), "f");
});

Deno.test("RequestReader.getReader() reads into the caller's buffers", async () => {
  const rfile = new RequestReader(chunkedSource("abcde", "fgh"));
  const reader = rfile.getReader({ mode: "byob" });
  const texts = [];
  for (;;) {
    const { done, value } = await reader.read(new Uint8Array(3));
    if (done) break;
    texts.push(new TextDecoder().decode(value));
  }
  assertEquals(texts.join(""), "abcdefgh");
  assert(texts.every(({ length }) => length <= 3));
});

Deno.test("RequestReader keeps what comes for a reader that has been released", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const reader = rfile.getReader();
  const released = assertRejects(() => reader.read(), TypeError);
  await source.asked();
  reader.releaseLock();
  await released;
  const line = rfile.readLine();
  await source.give("kept\nrest");
  assertEquals(await line, "kept");
  assertEquals(await rfile.read(), encoder.encode("rest"));
});

Deno.test("RequestReader keeps what came for a reader that has been released", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const reader = rfile.getReader();
  const released = assertRejects(() => reader.read(), TypeError);
  await source.asked();
  reader.releaseLock();
  await released;
  await source.give("one");
  const next = rfile.getReader();
  assertEquals((await next.read()).value, encoder.encode("one"));
  next.releaseLock();
});

Deno.test("RequestReader lets a stream reader wait for the method before it", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const line = rfile.readLine();
  const reader = rfile.getReader();
  const chunk = reader.read();
  await source.give("line\nchunk");
  assertEquals(await line, "line");
  assertEquals((await chunk).value, encoder.encode("chunk"));
  reader.releaseLock();
});

Deno.test("RequestReader.values() leaves the rest in the reader with preventCancel", async () => {
  const rfile = new RequestReader(chunkedSource("a", "b", "c\nd"));
  for await (const chunk of rfile.values({ preventCancel: true })) {
    if (chunk[0] === 98) break;
  }
  assertEquals(await rfile.readLine(), "c");
  assertEquals(await rfile.readLine(), "d");
});

Deno.test("RequestReader.cancel() ends the input", async () => {
  const rfile = await halfReadReader();
  await rfile.cancel();
  assertEquals([await rfile.read(), await rfile.readLine()], [null, null]);
});

Deno.test("RequestReader.cancel() ends the method that waits", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const line = rfile.readLine();
  await source.asked();
  await rfile.cancel();
  await source.give("too late\n");
  assertEquals(await line, null);
});

Deno.test("RequestReader.cancel() ends the stream reader that waits", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const reader = rfile.getReader();
  const chunk = reader.read();
  await source.asked();
  await reader.cancel();
  assertEquals((await chunk).done, true);
  await source.give("too late");
  reader.releaseLock();
  assertEquals(await rfile.read(), null);
});

Deno.test("RequestReader.cancel() leaves the way to the client open", async () => {
  using pair = await TcpPair.open();
  await new RequestReader(pair.server).cancel();
  await pair.server.write(encoder.encode("hi"));
  const rfile = new RequestReader(pair.client);
  assertEquals(await rfile.readExactly(2), encoder.encode("hi"));
});

Deno.test("RequestReader passes an error of the connection to the stream", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const text = assertRejects(() => toText(rfile), Deno.errors.ConnectionReset);
  await source.fail(new Deno.errors.ConnectionReset());
  await text;
});
