import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { RequestReader, ResponseWriter } from "@socketserver/socketserver";
import { HeldSource } from "../fixtures/held_source.ts";
import { PipeEnds } from "../fixtures/pipe_ends.ts";
import { RecordingSink } from "../fixtures/recording_sink.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const LIMIT_MS = 30_000;
const MEGABYTE = 1 << 20;

/** The platform's streams keep what they know under symbols. */
function isBuilt(stream: object): boolean {
  return Object.getOwnPropertySymbols(stream).length > 0;
}

Deno.test("RequestReader.pipeTo() needs no stream of the platform's before the end", async () => {
  const f = new PipeEnds("directly");
  const { signal } = new AbortController();
  const piped = f.rfile.pipeTo(f.wfile, { signal });
  await f.pass("one");
  await f.pass("two");
  await f.source.asked();
  assertEquals([isBuilt(f.rfile), isBuilt(f.wfile)], [false, false]);
  await f.source.give(null);
  await piped;
});

for (const end of ["rfile", "wfile"] as const) {
  Deno.test(`RequestReader.pipeTo() leaves it to the platform if ${end} has been used as a stream`, async () => {
    const f = new PipeEnds("directly");
    if (end === "rfile") f.rfile.getReader().releaseLock();
    else f.wfile.getWriter().releaseLock();
    const piped = f.rfile.pipeTo(f.wfile);
    assertEquals([isBuilt(f.rfile), isBuilt(f.wfile)], [true, true]);
    await f.pass("one");
    await f.source.give(null);
    await piped;
    assertEquals(f.sink.pieces, ["one"]);
  });
}

Deno.test("RequestReader.pipeTo() gives arrays of their own to a writer with a write() of its own", async () => {
  const kept: Uint8Array[] = [];
  class Keeping extends ResponseWriter {
    override write(data: Uint8Array): Promise<number> {
      kept.push(data);
      return super.write(data);
    }
  }
  const source = new HeldSource();
  const piped = new RequestReader(source)
    .pipeTo(new Keeping(new RecordingSink()));
  await source.give("one");
  await source.give("two");
  await source.give(null);
  await piped;
  const texts = kept.map((bytes) => new TextDecoder().decode(bytes));
  assertEquals(texts, ["one", "two"]);
});

Deno.test("RequestReader.pipeTo() waits with a small buffer for a client that pauses", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const piped = rfile.pipeTo(new ResponseWriter(new RecordingSink()));
  for (let i = 0; i < 7; i++) await source.giveFull();
  await source.give("x".repeat(100_000));
  await source.giveFull(); // it goes on
  await source.give("x");
  await source.give(null);
  await piped;
  assertEquals(source.sizes, [
    ...[512, 2048, 8192, 32_768, 131_072, 262_144, 262_144],
    ...[262_144, 16_384, 262_144, 16_384],
  ]);
});

Deno.test("RequestReader.read() takes no more than 64 KiB at once after pipeTo()", async () => {
  const f = new PipeEnds("directly");
  const abort = new AbortController();
  const options = { signal: abort.signal, preventCancel: true };
  const piped = f.rfile.pipeTo(f.wfile, options).catch(() => {});
  for (let i = 0; i < 6; i++) {
    await f.source.giveFull();
    await f.sink.asked();
    if (i === 5) abort.abort();
    await f.sink.take();
  }
  await piped;
  const read = f.rfile.read();
  await f.source.giveFull();
  assertEquals((await read)?.length, 65_536);
});

Deno.test("RequestReader.pipeTo() sends all of much data back, byte for byte", async () => {
  using pair = await TcpPair.open();
  const { server, client } = pair;
  const sent = new Uint8Array(8 * MEGABYTE);
  for (let i = 0; i < sent.length; i++) sent[i] = i * 31 + (i >> 9);
  const piped = new RequestReader(server).pipeTo(new ResponseWriter(server));
  const sending = (async () => {
    for (let at = 0; at < sent.length;) {
      at += await client.write(sent.subarray(at));
    }
    await client.closeWrite();
  })();
  const received = new Uint8Array(sent.length + 1);
  const receiving = (async () => {
    let length = 0;
    for (let n; (n = await client.read(received.subarray(length))) !== null;) {
      length += n;
    }
    return length;
  })();
  const all = Promise.all([receiving, sending, piped]);
  const [length] = await deadline(all, LIMIT_MS);
  assertEquals(length, sent.length);
  assert(received.subarray(0, length).every((byte, i) => byte === sent[i]));
});

for (const way of ["directly", "as the platform does"] as const) {
  Deno.test(`RequestReader.pipeTo() loses nothing, ${way}, that comes when a write has failed`, async () => {
    const f = new PipeEnds(way, { timeout: 0.01 });
    const line = f.rfile.readLine();
    await f.source.give("part ");
    await assertRejects(() => line, Deno.errors.TimedOut);
    const piped = f.rfile.pipeTo(f.wfile, { preventCancel: true });
    await f.sink.fail(new Error("the client has gone"));
    await assertRejects(() => piped, Error, "the client has gone");
    await f.source.give("of a line\n");
    assertEquals(await f.rfile.readLine(), "of a line");
  });
}
