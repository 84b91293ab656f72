import { assert, assertEquals, assertRejects } from "@std/assert";
import { ResponseWriter } from "@socketserver/socketserver";
import { LIMIT_WRITES } from "../../src/streams/limit_writes.ts";
import { RecordingSink } from "../fixtures/recording_sink.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const encoder = new TextEncoder();

Deno.test("ResponseWriter is a WritableStream of bytes", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink);
  assert(wfile instanceof WritableStream);
  const writer = wfile.getWriter();
  await writer.write(encoder.encode("a"));
  await writer.write(encoder.encode("b"));
  await writer.close();
  assertEquals(sink.pieces, ["a", "b"]);
  assertEquals(sink.closed, 1);
});

const kinds: Record<string, [string | ArrayBufferView | ArrayBuffer, string]> =
  {
    "a string": ["é€", "é€"],
    "a Uint8Array": [encoder.encode("bytes"), "bytes"],
    "a part of a Uint8Array": [encoder.encode("bytes").subarray(1, 3), "yt"],
    "an Int32Array": [Int32Array.of(0x61616161, 0x62626262), "aaaabbbb"],
    "a DataView": [new DataView(encoder.encode("bytes").buffer, 2, 2), "te"],
    "an ArrayBuffer": [encoder.encode("bytes").buffer, "bytes"],
    "a shared Uint8Array": [
      new Uint8Array(new SharedArrayBuffer(2)).fill(97),
      "aa",
    ],
  };

for (const [name, [data, text]] of Object.entries(kinds)) {
  Deno.test(`ResponseWriter.write() sends ${name}, and counts its bytes`, async () => {
    const sink = new RecordingSink();
    const wfile = new ResponseWriter(sink);
    assertEquals(await wfile.write(data), encoder.encode(text).length);
    assertEquals(sink.pieces, [text]);
  });
}

for (const data of [null, undefined, 7, [97], {}]) {
  Deno.test(`ResponseWriter.write() refuses ${Deno.inspect(data)}`, async () => {
    const sink = new RecordingSink();
    const wfile = new ResponseWriter(sink);
    await assertRejects(
      () => wfile.write(data as unknown as string),
      TypeError,
      `must be bytes or a string: current value is ${Deno.inspect(data)}`,
    );
    assertEquals(await wfile.write("goes on"), 7);
  });
}

Deno.test("ResponseWriter.write() bothers the sink with no empty piece", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink);
  assertEquals(await wfile.write(""), 0);
  assertEquals(sink.pieces, []);
});

Deno.test("ResponseWriter.write() goes on until a sink that takes a part has taken all", async () => {
  const sink = new RecordingSink(3);
  const wfile = new ResponseWriter(sink);
  assertEquals(await wfile.write("abcdefgh"), 8);
  assertEquals(sink.pieces, ["abc", "def", "gh"]);
});

Deno.test("ResponseWriter.write() sends in the order of the calls, waited for or not", async () => {
  const sink = new RecordingSink(3);
  const wfile = new ResponseWriter(sink);
  const letters = "abcdefghij";
  const counts = Array.from(letters, (letter) => wfile.write(letter.repeat(5)));
  assertEquals(await Promise.all(counts), Array(10).fill(5));
  assertEquals(
    sink.pieces.join(""),
    Array.from(letters, (letter) => letter.repeat(5)).join(""),
  );
});

Deno.test("ResponseWriter.write() waits for the last of several calls, not for the first", async () => {
  const sink = new RecordingSink(1);
  const wfile = new ResponseWriter(sink);
  const first = wfile.write("a");
  const second = wfile.write("bbb");
  await first;
  await Promise.all([second, wfile.write("c")]);
  assertEquals(sink.pieces.join(""), "abbbc");
});

Deno.test("ResponseWriter.write() sends everything over a socket whose client reads late", async () => {
  using pair = await TcpPair.open();
  const wfile = new ResponseWriter(pair.server);
  const megabytes = Array.from(
    { length: 8 },
    (_, i) => new Uint8Array(1 << 20).fill(i),
  );
  const closed = Promise.all(megabytes.map((data) => wfile.write(data)))
    .then(() => wfile.close());
  const received = await new Response(pair.client.readable).bytes();
  await closed;
  assertEquals(received.length, 8 << 20);
  for (const [i, data] of megabytes.entries()) {
    const from = i << 20;
    assert(received[from] === i && received[from + data.length - 1] === i);
  }
});

Deno.test("ResponseWriter.flush() resolves when every write under way has ended", async () => {
  const sink = new RecordingSink(1);
  const wfile = new ResponseWriter(sink);
  const written = wfile.write("abc");
  await wfile.flush();
  assertEquals(sink.pieces, ["a", "b", "c"]);
  await written;
});

Deno.test("ResponseWriter.close() half-closes, and the client can still send", async () => {
  using pair = await TcpPair.open();
  const wfile = new ResponseWriter(pair.server);
  await wfile.write("bye");
  await wfile.close();
  const buffer = new Uint8Array(8);
  assertEquals(await pair.client.read(buffer), 3);
  assertEquals(await pair.client.read(buffer), null);
  await pair.client.write(encoder.encode("more"));
  assertEquals(await pair.server.read(buffer), 4);
});

Deno.test("ResponseWriter.close() makes the writes after it reject", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink);
  await wfile.close();
  await assertRejects(
    () => wfile.write("late"),
    TypeError,
    "wfile is closed",
  );
  assertEquals(sink.pieces, []);
});

Deno.test("ResponseWriter.flush() resolves after close()", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 10 });
  await wfile.write("all");
  await wfile.close();
  await wfile.flush();
  assertEquals(sink.pieces, ["all"]);
});

Deno.test("ResponseWriter.close() resolves if the client has gone already", async () => {
  using pair = await TcpPair.open();
  const wfile = new ResponseWriter(pair.server);
  pair.server.close();
  await wfile.close();
});

Deno.test("ResponseWriter.abort() drops what was collected and refuses more", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 10 });
  await wfile.write("dropped");
  await wfile.abort();
  await assertRejects(() => wfile.write("late"), TypeError, "wfile is closed");
  await wfile.flush();
  assertEquals(sink.pieces, []);
  assertEquals(sink.closed, 0);
});

Deno.test("ResponseWriter is aborted by a pipe whose source fails", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink);
  const source = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("no more")),
  });
  await assertRejects(() => source.pipeTo(wfile), Error, "no more");
  await assertRejects(() => wfile.write("late"), TypeError, "wfile is closed");
});

Deno.test("ResponseWriter tells its timeout to a sink that takes bytes ahead", () => {
  const limits: number[] = [];
  const sink = Object.assign(new RecordingSink(), {
    [LIMIT_WRITES]: (seconds: number) => limits.push(seconds),
  });
  new ResponseWriter(sink);
  new ResponseWriter(sink, { timeout: null });
  assertEquals(limits, []);
  new ResponseWriter(sink, { timeout: 2.5 });
  assertEquals(limits, [2.5]);
});
