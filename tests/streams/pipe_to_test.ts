import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { ResponseWriter } from "@socketserver/socketserver";
import { PipeEnds, type PipeWay } from "../fixtures/pipe_ends.ts";
import { RecordingSink } from "../fixtures/recording_sink.ts";

/** What ReadableStreamPipeTo of the Streams standard says, whichever way. */
const rules: Record<string, (ends: PipeEnds) => Promise<void>> = {
  async "sends what comes, and closes wfile at the end"(f) {
    const piped = f.rfile.pipeTo(f.wfile);
    await f.pass("one");
    await f.pass("two");
    await f.source.give(null);
    assertEquals(await piped, undefined);
    assertEquals(f.sink.pieces, ["one", "two"]);
    assertEquals(f.sink.closed, 1);
    assertFree(f);
    await assertRejects(() => f.wfile.write("x"), TypeError, "closed");
    await assertEnded(f);
    await f.rfile.getReader().closed;
    await f.wfile.getWriter().closed;
  },
  async "leaves wfile open with preventClose"(f) {
    const piped = f.rfile.pipeTo(f.wfile, { preventClose: true });
    await f.pass("one");
    await f.source.give(null);
    await piped;
    assertEquals(f.sink.closed, 0);
    assertFree(f);
    await assertOpen(f);
    await assertEnded(f);
  },
  async "sends first what a method has left"(f) {
    const line = f.rfile.readLine();
    await f.source.give("line\nrest");
    assertEquals(await line, "line");
    const piped = f.rfile.pipeTo(f.wfile);
    await f.sink.take();
    await f.pass("more");
    await f.source.give(null);
    await piped;
    assertEquals(f.sink.pieces, ["rest", "more"]);
  },
  async "waits for the method before it"(f) {
    const line = f.rfile.readLine();
    const piped = f.rfile.pipeTo(f.wfile);
    await f.source.give("li");
    await f.source.give("ne\nrest");
    assertEquals(await line, "line");
    await f.sink.take();
    await f.source.give(null);
    await piped;
    assertEquals(f.sink.pieces, ["rest"]);
  },
  async "sends nothing if the input has ended before"(f) {
    const ended = f.rfile.read();
    await f.source.give(null);
    assertEquals(await ended, null);
    await f.rfile.pipeTo(f.wfile);
    assertEquals([f.sink.pieces, f.sink.closed], [[], 1]);
  },
  async "locks both ends until it ends"(f) {
    const piped = f.rfile.pipeTo(f.wfile);
    assertEquals([f.rfile.locked, f.wfile.locked], [true, true]);
    await f.pass("one");
    await f.source.asked();
    await assertLocked(f);
    await f.pass("two");
    await assertLocked(f);
    await f.source.give(null);
    await piped;
    assertFree(f);
    assertEquals(f.sink.pieces, ["one", "two"]);
    assertEquals((await f.rfile.getReader().read()).done, true);
  },
  async "locks both ends once, until its very end"(f) {
    const seen: boolean[] = [];
    let isPiped = true;
    const piped = f.rfile.pipeTo(f.wfile).then(() => isPiped = false);
    await f.source.give(null);
    while (isPiped) {
      seen.push(f.rfile.locked && f.wfile.locked);
      await null;
    }
    await piped;
    assertEquals(seen.lastIndexOf(true) + 1, seen.indexOf(false));
  },
  async "can be followed by another one"(f) {
    const abort = new AbortController();
    const options = {
      preventCancel: true,
      preventAbort: true,
      signal: abort.signal,
    };
    const first = f.rfile.pipeTo(f.wfile, options);
    await f.pass("one");
    await f.source.asked();
    abort.abort();
    await assertRejects(() => first, DOMException);
    const sink = new RecordingSink();
    const second = f.rfile.pipeTo(new ResponseWriter(sink));
    await f.source.give("two");
    await f.source.give(null);
    await second;
    assertEquals([f.sink.pieces, sink.pieces], [["one"], ["two"]]);
    await assertOpen(f);
  },
  async "rejects if rfile is locked, and leaves wfile alone"(f) {
    const reader = f.rfile.getReader();
    await assertRejects(() => f.rfile.pipeTo(f.wfile), TypeError);
    assertFalse(f.wfile.locked);
    await assertOpen(f);
    reader.releaseLock();
  },
  async "rejects if wfile is locked, and leaves rfile alone"(f) {
    const writer = f.wfile.getWriter();
    await assertRejects(() => f.rfile.pipeTo(f.wfile), TypeError);
    assertFalse(f.rfile.locked);
    writer.releaseLock();
    await assertGoesOn(f);
  },
  async "rejects as the input does, and aborts wfile"(f) {
    const piped = f.rfile.pipeTo(f.wfile);
    await f.pass("one");
    const error = new Deno.errors.ConnectionReset("reset");
    await f.source.fail(error);
    assertStrictEquals(await assertRejects(() => piped), error);
    assertEquals(f.sink.closed, 0);
    assertFree(f);
    await assertRejects(() => f.wfile.write("x"), TypeError, "closed");
    const closed = await assertRejects(() => f.wfile.getWriter().closed);
    assertStrictEquals(closed, error);
    const read = await assertRejects(() => f.rfile.getReader().read());
    assertStrictEquals(read, error);
  },
  async "leaves wfile open with preventAbort when the input fails"(f) {
    const piped = f.rfile.pipeTo(f.wfile, { preventAbort: true });
    await f.pass("one");
    const error = new Deno.errors.ConnectionReset("reset");
    await f.source.fail(error);
    assertStrictEquals(await assertRejects(() => piped), error);
    assertFree(f);
    await assertOpen(f);
  },
  async "rejects if the source has read no sensible number of bytes"(f) {
    const piped = f.rfile.pipeTo(f.wfile);
    await f.source.give("");
    await assertRejects(() => piped, TypeError);
    await assertRejects(() => f.wfile.write("x"), TypeError, "closed");
  },
  async "rejects as a write does, and cancels rfile"(f) {
    const piped = f.rfile.pipeTo(f.wfile);
    await f.pass("one");
    await f.source.give("two");
    const error = new Deno.errors.BrokenPipe("broken");
    await f.sink.fail(error);
    assertStrictEquals(await assertRejects(() => piped), error);
    assertEquals(f.sink.closed, 0);
    assertFree(f);
    await assertEnded(f);
    await f.rfile.getReader().closed;
    const write = await assertRejects(() => f.wfile.write("x"));
    assertStrictEquals(write, error);
    const closed = await assertRejects(() => f.wfile.getWriter().closed);
    assertStrictEquals(closed, error);
  },
  async "leaves rfile open with preventCancel when a write fails"(f) {
    const piped = f.rfile.pipeTo(f.wfile, { preventCancel: true });
    await f.source.give("one");
    const error = new Deno.errors.BrokenPipe("broken");
    await f.sink.fail(error);
    assertStrictEquals(await assertRejects(() => piped), error);
    assertFree(f);
    await assertGoesOn(f);
  },
  async "rejects if a write has failed before"(f) {
    const error = new Deno.errors.BrokenPipe("broken");
    const write = f.wfile.write("x");
    await f.sink.fail(error);
    await assertRejects(() => write);
    const piped = f.rfile.pipeTo(f.wfile);
    await f.source.give("one");
    assertStrictEquals(await assertRejects(() => piped), error);
    await assertEnded(f);
  },
  async "rejects if wfile is closed, and cancels rfile"(f) {
    await f.wfile.close();
    await assertRejects(() => f.rfile.pipeTo(f.wfile), TypeError);
    await assertEnded(f);
  },
  async "leaves rfile open with preventCancel if wfile is closed"(f) {
    await f.wfile.close();
    const options = { preventCancel: true };
    await assertRejects(() => f.rfile.pipeTo(f.wfile, options), TypeError);
    await assertGoesOn(f);
  },
  async "rejects if wfile has been aborted"(f) {
    const error = new Error("no more");
    await f.wfile.abort(error);
    const rejected = await assertRejects(() => f.rfile.pipeTo(f.wfile));
    assertStrictEquals(rejected, error);
    await assertEnded(f);
  },
  async "rejects if rfile has failed as a stream, and aborts wfile"(f) {
    const reader = f.rfile.getReader();
    const read = reader.read();
    const error = new Deno.errors.ConnectionReset("reset");
    await f.source.fail(error);
    await assertRejects(() => read);
    reader.releaseLock();
    const rejected = await assertRejects(() => f.rfile.pipeTo(f.wfile));
    assertStrictEquals(rejected, error);
    await assertRejects(() => f.wfile.write("x"), TypeError, "closed");
  },
  async "lets wfile.write() send between two chunks"(f) {
    const piped = f.rfile.pipeTo(f.wfile);
    await f.pass("one");
    await f.source.asked();
    const written = f.wfile.write("mine");
    await f.sink.take();
    assertEquals(await written, 4);
    await f.pass("two");
    await f.source.give(null);
    await piped;
    assertEquals(f.sink.pieces, ["one", "mine", "two"]);
  },
};

for (const way of ["directly", "as the platform does"] satisfies PipeWay[]) {
  for (const [rule, check] of Object.entries(rules)) {
    Deno.test(`RequestReader.pipeTo() ${rule} (${way})`, async () => {
      await check(new PipeEnds(way));
    });
  }
}

function assertFree({ rfile, wfile }: PipeEnds): void {
  assertEquals([rfile.locked, wfile.locked], [false, false]);
}

/** Whatever is tried with an end, the pipe does not mind it. */
async function assertLocked({ rfile, wfile }: PipeEnds): Promise<void> {
  assert(rfile.locked && wfile.locked);
  assertThrows(() => rfile.getReader(), TypeError);
  assertThrows(() => rfile.getReader({ mode: "byob" }), TypeError);
  assertThrows(() => rfile.tee(), TypeError);
  assertThrows(() => rfile.values(), TypeError);
  assertThrows(() => rfile.pipeThrough(new TextDecoderStream()), TypeError);
  assertThrows(() => wfile.getWriter(), TypeError);
  assertThrows(() => new Response(rfile), TypeError);
  await assertRejects(() => rfile.pipeTo(wfile), TypeError);
  await assertRejects(() => rfile.pipeTo(new WritableStream()), TypeError);
  await assertRejects(() => ReadableStream.from([]).pipeTo(wfile), TypeError);
  await assertRejects(() => rfile.cancel(), TypeError);
  await assertRejects(() => wfile.abort(), TypeError);
  await assertRejects(() => wfile.close(), TypeError);
  await assertRejects(() => rfile.read(), TypeError, "locked");
  await assertRejects(() => rfile.readLine(), TypeError, "locked");
  await assertRejects(() => rfile.readExactly(1), TypeError, "locked");
  await assertRejects(() => rfile.readUntil("\n"), TypeError, "locked");
  await assertRejects(() => rfile.lines().next(), TypeError, "locked");
}

async function assertOpen({ wfile, sink }: PipeEnds): Promise<void> {
  const written = wfile.write("open");
  await sink.take();
  assertEquals(await written, 4);
  assertEquals(sink.pieces.at(-1), "open");
}

async function assertEnded({ rfile }: PipeEnds): Promise<void> {
  assertEquals([await rfile.read(), await rfile.readLine()], [null, null]);
}

async function assertGoesOn({ rfile, source }: PipeEnds): Promise<void> {
  const line = rfile.readLine();
  await source.give("goes on\n");
  assertEquals(await line, "goes on");
}
