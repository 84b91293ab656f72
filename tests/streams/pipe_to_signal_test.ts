import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { PipeEnds, type PipeWay } from "../fixtures/pipe_ends.ts";

const reason = new Error("enough");
const prevented = { preventAbort: true, preventCancel: true };

/** What the Streams standard says of a signal, and of wrong arguments. */
const rules: Record<string, (ends: PipeEnds) => Promise<void>> = {
  async "reads nothing if its signal is aborted already"(f) {
    const options = { signal: AbortSignal.abort(reason) };
    const rejected = await assertRejects(() =>
      f.rfile.pipeTo(f.wfile, options)
    );
    assertStrictEquals(rejected, reason);
    assertEquals([f.source.sizes, f.sink.closed], [[], 0]);
    await assertOver(f);
  },
  async "leaves both ends open if its signal is aborted already and that is prevented"(
    f,
  ) {
    const options = { signal: AbortSignal.abort(reason), ...prevented };
    await assertRejects(() => f.rfile.pipeTo(f.wfile, options));
    await assertGoesOn(f, "next");
  },
  async "ends with the signal's reason while a read is waiting"(f) {
    const abort = new AbortController();
    const piped = f.rfile.pipeTo(f.wfile, { signal: abort.signal });
    await f.pass("one");
    await f.source.asked();
    abort.abort(reason);
    assertStrictEquals(await assertRejects(() => piped), reason);
    assertFalse(f.rfile.locked || f.wfile.locked);
    await f.source.give("too late");
    assertEquals([f.sink.pieces, f.sink.closed], [["one"], 0]);
    await assertOver(f);
    const closed = await assertRejects(() => f.wfile.getWriter().closed);
    assertStrictEquals(closed, reason);
    await f.rfile.getReader().closed;
  },
  async "keeps what the waiting read gets if cancelling is prevented"(f) {
    const abort = new AbortController();
    const options = { signal: abort.signal, ...prevented };
    const piped = f.rfile.pipeTo(f.wfile, options);
    await f.pass("one");
    await f.source.asked();
    abort.abort(reason);
    assertStrictEquals(await assertRejects(() => piped), reason);
    await assertGoesOn(f, "two");
  },
  async "waits for the write under way when its signal is aborted"(f) {
    const abort = new AbortController();
    let ended = false;
    const options = { signal: abort.signal, ...prevented };
    const piped = f.rfile.pipeTo(f.wfile, options)
      .finally(() => ended = true);
    await f.source.give("one");
    await f.sink.asked();
    abort.abort(reason);
    for (let i = 0; i < 50; i++) await null;
    assertFalse(ended);
    assert(f.rfile.locked && f.wfile.locked);
    await f.sink.take();
    assertStrictEquals(await assertRejects(() => piped), reason);
    assertEquals(f.sink.pieces, ["one"]);
    await assertGoesOn(f, "two");
  },
  async "ends with the signal's reason although the write under way fails"(f) {
    const abort = new AbortController();
    const options = { signal: abort.signal, preventCancel: true };
    const piped = f.rfile.pipeTo(f.wfile, options);
    await f.source.give("one");
    await f.sink.asked();
    abort.abort(reason);
    const error = new Deno.errors.BrokenPipe("broken");
    await f.sink.fail(error);
    assertStrictEquals(await assertRejects(() => piped), reason);
    const write = await assertRejects(() => f.wfile.write("x"));
    assertStrictEquals(write, error);
    await assertReads(f, "two");
  },
  async "minds its signal no longer when it has ended"(f) {
    const abort = new AbortController();
    const options = { signal: abort.signal, preventClose: true };
    const piped = f.rfile.pipeTo(f.wfile, options);
    await f.source.give(null);
    await piped;
    abort.abort(reason);
    await assertWrites(f);
  },
  async "takes its options when it is called"(f) {
    const taken: string[] = [];
    const given: Record<string, unknown> = { preventClose: true };
    const options = new Proxy(given, {
      get(target, name) {
        taken.push(String(name));
        return Reflect.get(target, name);
      },
    });
    const piped = f.rfile.pipeTo(f.wfile, options);
    given.preventClose = false;
    await f.source.give(null);
    await piped;
    assertEquals(f.sink.closed, 0);
    const names = ["preventAbort", "preventCancel", "preventClose", "signal"];
    assertEquals(taken, names);
  },
  async "takes null for no options"(f) {
    const piped = f.rfile.pipeTo(f.wfile, null as never);
    await f.pass("one");
    await f.source.give(null);
    await piped;
    assertEquals([f.sink.pieces, f.sink.closed], [["one"], 1]);
  },
  async "rejects as its options do, and leaves both ends alone"(f) {
    const options = {
      get preventClose(): boolean {
        throw reason;
      },
    };
    const rejected = await assertRejects(() =>
      f.rfile.pipeTo(f.wfile, options)
    );
    assertStrictEquals(rejected, reason);
    await assertGoesOn(f, "next");
  },
};

/** What is no destination, or are no options. */
const wrongArguments: Record<string, (ends: PipeEnds) => unknown[]> = {
  "no arguments": () => [],
  "an object": () => [{}],
  "a sink": (f) => [f.sink],
  "a number for options": (f) => [f.wfile, 5],
  "text for options": (f) => [f.wfile, "options"],
  "an object for the signal": (f) => [f.wfile, { signal: {} }],
  "null for the signal": (f) => [f.wfile, { signal: null }],
};

for (const way of ["directly", "as the platform does"] satisfies PipeWay[]) {
  for (const [rule, check] of Object.entries(rules)) {
    Deno.test(`RequestReader.pipeTo() ${rule} (${way})`, async () => {
      await check(new PipeEnds(way));
    });
  }

  for (const [name, wrong] of Object.entries(wrongArguments)) {
    Deno.test(`RequestReader.pipeTo() rejects ${name}, and leaves both ends alone (${way})`, async () => {
      const f = new PipeEnds(way);
      const [to, options] = wrong(f) as Parameters<typeof f.rfile.pipeTo>;
      await assertRejects(() => f.rfile.pipeTo(to, options), TypeError);
      assertEquals(f.source.sizes, []);
      await assertGoesOn(f, "next");
    });
  }

  Deno.test(`RequestReader.pipeTo() holds to rfile's timeout (${way})`, async () => {
    const f = new PipeEnds(way, { timeout: 0.01 });
    const options = { preventAbort: true };
    const piped = f.rfile.pipeTo(f.wfile, options);
    await assertRejects(() => piped, Deno.errors.TimedOut);
    await assertGoesOn(f, "late");
  });

  Deno.test(`RequestReader.pipeTo() holds to wfile's timeout (${way})`, async () => {
    const f = new PipeEnds(way, {}, { timeout: 0.01 });
    const options = { preventCancel: true };
    const piped = f.rfile.pipeTo(f.wfile, options);
    await f.source.give("one");
    await assertRejects(() => piped, Deno.errors.TimedOut);
    await assertReads(f, "two");
    // The system may still send from where the first bytes were.
    await f.sink.take();
    assertEquals(f.sink.pieces, ["one"]);
  });

  Deno.test(`RequestReader.pipeTo() lets wfile collect (${way})`, async () => {
    const f = new PipeEnds(way, {}, { bufferSize: 8 });
    await f.wfile.write("1234");
    const piped = f.rfile.pipeTo(f.wfile);
    await f.source.give("56");
    await f.source.give("789");
    await f.sink.take();
    await f.source.give(null);
    await f.sink.take();
    await piped;
    assertEquals(f.sink.pieces, ["123456", "789"]);
  });

  Deno.test(`RequestReader.pipeTo() leaves what wfile has collected with preventClose (${way})`, async () => {
    const f = new PipeEnds(way, {}, { bufferSize: 8 });
    const piped = f.rfile.pipeTo(f.wfile, { preventClose: true });
    await f.source.give("1234");
    await f.source.give(null);
    await piped;
    assertEquals(f.sink.pieces, []);
    const flushed = f.wfile.flush();
    await f.sink.take();
    await flushed;
    assertEquals(f.sink.pieces, ["1234"]);
  });
}

async function assertOver({ rfile, wfile }: PipeEnds): Promise<void> {
  assertEquals(await rfile.read(), null);
  await assertRejects(() => wfile.write("x"), TypeError, "closed");
}

async function assertGoesOn(ends: PipeEnds, text: string): Promise<void> {
  assertFalse(ends.rfile.locked || ends.wfile.locked);
  await assertReads(ends, text);
  await assertWrites(ends);
}

async function assertReads(
  { rfile, source }: PipeEnds,
  text: string,
): Promise<void> {
  const line = rfile.readLine();
  await source.give(`${text}\n`);
  assertEquals(await line, text);
}

async function assertWrites({ wfile, sink }: PipeEnds): Promise<void> {
  const written = wfile.write("open");
  await sink.take();
  assertEquals(await written, 4);
}
