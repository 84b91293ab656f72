import { assertEquals, assertRejects } from "@std/assert";
import { ResponseWriter } from "@socketserver/socketserver";
import { RecordingSink } from "../fixtures/recording_sink.ts";

Deno.test("ResponseWriter.write() collects until flush()", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 8 });
  assertEquals(await wfile.write("abc"), 3);
  assertEquals(await wfile.write("defgh"), 5);
  assertEquals(sink.pieces, []);
  await wfile.flush();
  assertEquals(sink.pieces, ["abcdefgh"]);
});

Deno.test("ResponseWriter.write() sends what was collected when more does not fit", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 8 });
  await wfile.write("abcdef");
  await wfile.write("ghi");
  assertEquals(sink.pieces, ["abcdef"]);
  await wfile.flush();
  assertEquals(sink.pieces, ["abcdef", "ghi"]);
});

Deno.test("ResponseWriter.write() sends what is larger than the buffer, after what was collected", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 4 });
  await wfile.write("abc");
  assertEquals(await wfile.write("defghijk"), 8);
  assertEquals(sink.pieces, ["abc", "defghijk"]);
});

Deno.test("ResponseWriter.write() collects 8192 bytes with a buffer of -1", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink, { bufferSize: -1 });
  await wfile.write("x".repeat(8191));
  await wfile.write("y");
  assertEquals(sink.pieces, []);
  await wfile.write("z");
  assertEquals(sink.pieces, [`${"x".repeat(8191)}y`]);
});

for (const bufferSize of [1, 2, 5, 8, 100]) {
  Deno.test(`ResponseWriter.write() keeps the order of calls not waited for, with a buffer of ${bufferSize}`, async () => {
    const sink = new RecordingSink(3);
    const wfile = new ResponseWriter(sink, { bufferSize });
    const texts = ["a", "bb", "ccccccc", "", "dd", "eeeeeeeeeeee", "f", "ggg"];
    const counts = texts.map((text) => wfile.write(text));
    const flushed = wfile.flush();
    assertEquals(
      await Promise.all(counts),
      texts.map(({ length }) => length),
    );
    await flushed;
    assertEquals(sink.pieces.join(""), texts.join(""));
  });
}

Deno.test("ResponseWriter.write() copies what it collects", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 8 });
  const data = new TextEncoder().encode("abc");
  await wfile.write(data);
  data.fill(0);
  const flushed = wfile.flush();
  await wfile.write("overwrites nothing".slice(0, 6));
  await flushed;
  assertEquals(sink.pieces, ["abc"]);
});

Deno.test("ResponseWriter.close() sends what was collected", async () => {
  const sink = new RecordingSink();
  const wfile = new ResponseWriter(sink, { bufferSize: 8 });
  await wfile.write("abc");
  await wfile.close();
  assertEquals(sink.pieces, ["abc"]);
  assertEquals(sink.closed, 1);
});

Deno.test("ResponseWriter.flush() rejects as the connection does", async () => {
  const wfile = new ResponseWriter({
    write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")),
    closeWrite: () => Promise.resolve(),
  }, { bufferSize: 8 });
  await wfile.write("abc");
  await assertRejects(() => wfile.flush(), Deno.errors.BrokenPipe, "gone");
});
