import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  RequestReader,
  ResponseWriter,
  UnexpectedEof,
} from "@socketserver/socketserver";
import { StreamSource } from "../../src/streams/stream_source.ts";
import { chunkedSource } from "../fixtures/chunked_source.ts";
import { RecordingSink } from "../fixtures/recording_sink.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const LIMIT_MS = 10_000;
const encoder = new TextEncoder();

function streamOf(
  ...chunks: string[]
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(chunks.map((chunk) => encoder.encode(chunk)));
}

/** A stream that remembers what happens to it. */
function recordingStream(failWith?: Error) {
  const events: string[] = [];
  const stream = new WritableStream<Uint8Array>({
    write(chunk) {
      events.push(`write ${new TextDecoder().decode(chunk)}`);
    },
    close() {
      if (failWith !== undefined) throw failWith;
      events.push("close");
    },
    abort(reason) {
      events.push(`abort ${reason}`);
    },
  });
  return { events, stream };
}

Deno.test("RequestReader reads a web stream, whatever its chunks are", async () => {
  const chunks = ["on", "e\ntw", "", "o\r\n", "th", "", "ree\n4567", "end"];
  const rfile = new RequestReader(streamOf(...chunks));
  assertEquals(await rfile.readLine(), "one");
  assertEquals(await rfile.readLine(), "two");
  assertEquals(await rfile.readUntil("\n"), encoder.encode("three\n"));
  assertEquals(await rfile.readExactly(4), encoder.encode("4567"));
  assertEquals(await rfile.read(2), encoder.encode("en"));
  await assertRejects(() => rfile.readExactly(2), UnexpectedEof);
  assertEquals(await rfile.read(), null);
});

Deno.test("StreamSource.read() waits past empty chunks, and gives what fits", async () => {
  const source = new StreamSource(streamOf("", "", "abc", ""));
  const buffer = new Uint8Array(2);
  const counts = [];
  for (let i = 0; i < 3; i++) counts.push(await source.read(buffer));
  assertEquals(counts, [2, 1, null]);
});

for (const bufferSize of [-1, 0, 1, 3]) {
  Deno.test(`RequestReader reads a web stream with a bufferSize of ${bufferSize}`, async () => {
    const source = streamOf("first line\nrest ", "of it");
    const rfile = new RequestReader(source, { bufferSize });
    assertEquals(await rfile.readLine(), "first line");
    assertEquals(await new Response(rfile).text(), "rest of it");
  });
}

Deno.test("RequestReader reads another one, and what a TransformStream makes", async () => {
  const inner = new RequestReader(chunkedSource("head\nbo", "dy\n"));
  assertEquals(await inner.readLine(), "head");
  const compressed = inner.pipeThrough(new CompressionStream("gzip"));
  const rfile = new RequestReader(
    compressed.pipeThrough(new DecompressionStream("gzip")),
  );
  assertEquals(await rfile.readLine(), "body");
  const outer = new RequestReader(new RequestReader(chunkedSource("a\nb")));
  assertEquals(await Array.fromAsync(outer.lines()), ["a", "b"]);
});

Deno.test("RequestReader rejects as its web stream fails, and with what is no bytes", async () => {
  const error = new Error("lost");
  const failing = new ReadableStream({ pull: () => Promise.reject(error) });
  const rfile = new RequestReader(failing);
  assertEquals(await rfile.readLine().catch((it) => it), error);
  let cancelled: unknown;
  const texts = new ReadableStream({
    pull: (controller) => controller.enqueue("text"),
    cancel: (reason) => cancelled = reason,
  });
  const reading = new RequestReader(texts).read();
  assertEquals(
    await assertRejects(
      () => reading,
      TypeError,
      `Cannot read as the stream's chunks must be Uint8Arrays: current value is "text"`,
    ),
    cancelled,
  );
});

Deno.test("RequestReader.cancel() cancels its web stream", async () => {
  const reasons: unknown[] = [];
  const source = new ReadableStream({
    start: (controller) => controller.enqueue(encoder.encode("line\nmore")),
    cancel: (reason) => void reasons.push(reason),
  });
  const rfile = new RequestReader(source);
  assertEquals(await rfile.readLine(), "line");
  await rfile.cancel("enough");
  assertEquals(reasons, ["enough"]);
  assertEquals(await rfile.read(), null);
});

Deno.test("RequestReader gives up waiting for a web stream, and loses nothing", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const rfile = new RequestReader(readable, { timeout: 0.01 });
  await assertRejects(() => rfile.readLine(), Deno.errors.TimedOut);
  const wfile = new ResponseWriter(writable);
  const written = wfile.write("late\n");
  assertEquals(await rfile.readLine(), "late");
  await written;
});

Deno.test("ResponseWriter writes to a web stream, and closes it", async () => {
  const { events, stream } = recordingStream();
  const wfile = new ResponseWriter(stream, { bufferSize: 8 });
  assertEquals(await wfile.write("collected"), 9);
  await wfile.write(encoder.encode("at"));
  await wfile.write(" end");
  await wfile.close();
  assertEquals(events, ["write collected", "write at end", "close"]);
});

Deno.test("ResponseWriter.write() copies what a web stream keeps", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>(
    undefined,
    undefined,
    { highWaterMark: 2 },
  );
  const wfile = new ResponseWriter(writable);
  const data = encoder.encode("kept");
  await wfile.write(data);
  data.fill(0);
  const { value } = await readable.getReader().read();
  assertEquals(value, encoder.encode("kept"));
});

Deno.test("ResponseWriter.write() waits for a web stream, and pending tells how much waits", async () => {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const wfile = new ResponseWriter(writable);
  const written = wfile.write("held back");
  assertEquals(wfile.pending, 9);
  await readable.getReader().read();
  await written;
  assertEquals(wfile.pending, 0);
});

Deno.test("ResponseWriter.abort() aborts its web stream, and close() rejects as that does", async () => {
  const aborted = recordingStream();
  await new ResponseWriter(aborted.stream).abort("enough");
  assertEquals(aborted.events, ["abort enough"]);
  const error = new Error("the disk is full");
  const { stream } = recordingStream(error);
  const closing = new ResponseWriter(stream).close();
  assertEquals(await closing.catch((it) => it), error);
});

Deno.test("ResponseWriter.write() rejects when its web stream has failed", async () => {
  const stream = new WritableStream({
    write: () => Promise.reject(new Error("full")),
  });
  const wfile = new ResponseWriter(stream);
  await assertRejects(() => wfile.write("text"), Error, "full");
  await assertRejects(() => wfile.write("more"), Error, "full");
});

Deno.test("ResponseWriter writes to another one", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(new ResponseWriter(sink));
  await wfile.write("text");
  await wfile.close();
  assertEquals([sink.pieces, sink.closed], [["text"], 1]);
});

Deno.test("RequestReader and ResponseWriter refuse a stream that is locked, and lock theirs", () => {
  const readable = streamOf("text");
  new RequestReader(readable);
  assertEquals(readable.locked, true);
  assertThrows(() => new RequestReader(readable), TypeError, "locked");
  const writable = new WritableStream<Uint8Array>();
  new ResponseWriter(writable);
  assertEquals(writable.locked, true);
  assertThrows(() => new ResponseWriter(writable), TypeError, "locked");
});

for (const [size, count] of [[10, 3], [100_000, 40]] as const) {
  Deno.test(`RequestReader.pipeTo() takes ${count} times ${size} bytes from a web stream to another`, async () => {
    const chunk = new Uint8Array(size).map((_, i) => i * 31 >> 3);
    const source = ReadableStream.from(
      Array.from({ length: count }, () => chunk),
    );
    const { readable, writable } = new TransformStream<
      Uint8Array<ArrayBuffer>,
      Uint8Array<ArrayBuffer>
    >();
    const answer = new Response(readable).bytes();
    const rfile = new RequestReader(source);
    await deadline(rfile.pipeTo(new ResponseWriter(writable)), LIMIT_MS);
    const expected = new Uint8Array(size * count);
    for (let i = 0; i < count; i++) expected.set(chunk, i * size);
    assertEquals(await answer, expected);
  });
}

Deno.test("RequestReader.pipeTo() aborts the web stream behind the writer if the input fails", async () => {
  const { events, stream } = recordingStream();
  const failing = new ReadableStream({ pull: () => Promise.reject("lost") });
  const piped = new RequestReader(failing).pipeTo(new ResponseWriter(stream));
  assertEquals(await piped.catch((it) => it), "lost");
  assertEquals(events, ["abort lost"]);
});

Deno.test("RequestReader.pipeTo() to a ResponseWriter of a connection leaves what comes back", async () => {
  using pair = await TcpPair.open();
  const rfile = new RequestReader(streamOf("hello"));
  await rfile.pipeTo(new ResponseWriter(pair.client));
  const asked = new RequestReader(pair.server);
  assertEquals(await asked.readLine(), "hello");
  assertEquals(await asked.readLine(), null);
  await pair.server.write(encoder.encode("answer\n"));
  const answer = new RequestReader(pair.client).readLine();
  assertEquals(await deadline(answer, LIMIT_MS), "answer");
});
