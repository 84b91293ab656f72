import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ResponseWriter } from "@socketserver/socketserver";
import { copied, encoded, reuse } from "../../src/streams/text_buffers.ts";

const decoder = new TextDecoder();

/** A sink that looks at the data late, when it is let to, and then settles. */
class LateSink {
  readonly taken: string[] = [];
  readonly #waiting: (() => void)[] = [];
  failing = false;

  write(data: Uint8Array): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#waiting.push(() => {
      this.taken.push(decoder.decode(data));
      if (this.failing) reject(new Deno.errors.ConnectionReset("gone"));
      else resolve(data.length);
    });
    return promise;
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  /** Takes what waits. */
  takeAll(): void {
    for (const take of this.#waiting.splice(0)) take();
  }
}

Deno.test("encoded() makes UTF-8 of any text, however long", () => {
  for (const unit of ["x", "é", "€", "😀", "\ud800"]) {
    for (const count of [0, 1, 170, 341, 342, 1024, 5000]) {
      const text = unit.repeat(count);
      const bytes = encoded(text);
      assertEquals(bytes, new TextEncoder().encode(text));
      reuse(bytes);
    }
  }
});

Deno.test("encoded() gives no buffer that is still in use", () => {
  const all = Array.from({ length: 200 }, (_, i) => encoded(`text ${i}`));
  all.forEach((bytes, i) => assertEquals(decoder.decode(bytes), `text ${i}`));
});

Deno.test("encoded() uses a buffer again that has been given back", () => {
  const { buffer } = encoded("before");
  reuse(new Uint8Array(buffer, 0, 3));
  const bytes = encoded("after");
  assertEquals(bytes.buffer, buffer);
  assertEquals(decoder.decode(bytes), "after");
});

Deno.test("copied() copies bytes, however many", () => {
  for (const length of [0, 1, 1024, 1025, 5000]) {
    const bytes = new Uint8Array(length).fill(120);
    const copy = copied(bytes);
    bytes.fill(0);
    assertEquals(copy, new Uint8Array(length).fill(120));
    reuse(copy);
  }
});

Deno.test("copied() uses a buffer again that has been given back", () => {
  const { buffer } = copied(new Uint8Array(3));
  reuse(new Uint8Array(buffer, 0, 3));
  assertStrictEquals(copied(new Uint8Array(5)).buffer, buffer);
});

Deno.test("ResponseWriter.write() keeps the texts of all writers under way apart", async () => {
  const sinks = Array.from({ length: 20 }, () => new LateSink());
  const writers = sinks.map((sink) => new ResponseWriter(sink));
  for (let round = 0; round < 20; round++) {
    const writes = writers.map((wfile, i) => wfile.write(`${i} in ${round}`));
    sinks.forEach((sink, i) => i % 2 === 0 && sink.takeAll());
    await Promise.all(writes.filter((_, i) => i % 2 === 0));
    sinks.forEach((sink) => sink.takeAll());
    await Promise.all(writes);
  }
  sinks.forEach((sink, i) =>
    assertEquals(
      sink.taken,
      Array.from({ length: 20 }, (_, round) => `${i} in ${round}`),
    )
  );
});

Deno.test("ResponseWriter.write() gives a buffer back only if the write has succeeded", async () => {
  const sink = new LateSink();
  sink.failing = true;
  const wfile = new ResponseWriter(sink);
  const buffers: ArrayBufferLike[] = [];
  const write = sink.write.bind(sink);
  sink.write = (data) => {
    buffers.push(data.buffer);
    return write(data);
  };
  const writing = wfile.write("lost");
  sink.takeAll();
  await assertRejects(() => writing, Deno.errors.ConnectionReset);
  const later = Array.from({ length: 100 }, () => encoded("later"));
  assertEquals(later.some(({ buffer }) => buffers.includes(buffer)), false);
});

Deno.test("ResponseWriter.write() does not keep what the caller wrote", async () => {
  const own = new Uint8Array(1024).fill(120);
  const wfile = new ResponseWriter({
    write: (data) => Promise.resolve(data.length),
    closeWrite: () => Promise.resolve(),
  });
  await wfile.write(own);
  const later = Array.from({ length: 100 }, () => encoded("later"));
  assertEquals(later.some(({ buffer }) => buffer === own.buffer), false);
});

Deno.test("ResponseWriter.write() gives a text's buffer back when it has collected or sent the text", async () => {
  for (const bufferSize of [1, 4, 8192]) {
    const wfile = new ResponseWriter({
      write: (data) => Promise.resolve(data.length),
      closeWrite: () => Promise.resolve(),
    }, { bufferSize });
    const { buffer } = encoded("first");
    reuse(new Uint8Array(buffer));
    await wfile.write("abc");
    await wfile.write("de");
    assertEquals(encoded("next").buffer === buffer, true, `${bufferSize}`);
  }
});
