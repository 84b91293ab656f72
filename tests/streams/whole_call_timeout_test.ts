import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import {
  LineTooLongError,
  RequestReader,
  ResponseWriter,
} from "@socketserver/socketserver";
import { FakeClock } from "../fixtures/fake_clock.ts";
import { HeldSink } from "../fixtures/held_sink.ts";
import { HeldSource } from "../fixtures/held_source.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const LIMIT_MS = 10_000;

const calls: Record<string, (rfile: RequestReader) => Promise<unknown>> = {
  "readExactly()": (rfile) => rfile.readExactly(1_000_000),
  "readLine()": (rfile) => rfile.readLine(),
  "readUntil()": (rfile) => rfile.readUntil("\n"),
  "lines()": (rfile) => rfile.lines().next(),
};

/** Waits for something to time out, and learns whether it has. */
function watched(operation: Promise<unknown>) {
  const outcome = { isOver: false, error: undefined as unknown };
  operation.then(() => outcome.isOver = true, (error) => {
    outcome.isOver = true;
    outcome.error = error;
  });
  return outcome;
}

/** Makes a reader that skips the rest of a line. */
async function skippingReader(source: HeldSource): Promise<RequestReader> {
  const rfile = new RequestReader(source, { timeout: 1 });
  rfile.maxLineLength = 3;
  const tooLong = rfile.readLine();
  await source.give("too long");
  await assertRejects(() => tooLong, LineTooLongError);
  return rfile;
}

for (const [name, call] of Object.entries(calls)) {
  Deno.test(`RequestReader.${name} has its timeout for the whole call, however often a byte comes`, async () => {
    using clock = new FakeClock();
    const source = new HeldSource();
    const rfile = new RequestReader(source, { timeout: 1 });
    const outcome = watched(call(rfile));
    for (let i = 0; i < 3; i++) {
      await clock.pass(300);
      await source.give("x");
    }
    await clock.pass(99);
    assertEquals(outcome.isOver, false);
    await clock.pass(1);
    assert(outcome.error instanceof Deno.errors.TimedOut, `${outcome.error}`);
    assertEquals(
      outcome.error.message,
      "Cannot read within the timeout: current value is 1 seconds",
    );
    // The next call has the whole timeout for itself, and gets every byte.
    const rest = rfile.readLine();
    await clock.pass(999);
    await source.give("x\n");
    assertEquals(await rest, "xxxx");
  });

  Deno.test(`RequestReader.${name} has its timeout for what it skips, too`, async () => {
    using clock = new FakeClock();
    const source = new HeldSource();
    const rfile = await skippingReader(source);
    const outcome = watched(call(rfile));
    for (let i = 0; i < 3; i++) {
      await clock.pass(300);
      await source.give("x");
    }
    await clock.pass(99);
    assertEquals(outcome.isOver, false);
    await clock.pass(1);
    assert(outcome.error instanceof Deno.errors.TimedOut, `${outcome.error}`);
  });

  Deno.test(`RequestReader.${name} has its timeout for the whole call over a socket whose client trickles`, async () => {
    using pair = await TcpPair.open();
    const rfile = new RequestReader(pair.server, { timeout: 0.1 });
    const reading = assertRejects(() => call(rfile), Deno.errors.TimedOut);
    let isOver = false;
    const trickling = (async () => {
      for (; !isOver; await delay(10)) {
        await pair.client.write(new Uint8Array([120]));
      }
    })();
    await deadline(reading, LIMIT_MS);
    isOver = true;
    await trickling;
  });
}

Deno.test("RequestReader's methods start no timer for what has come", async () => {
  using clock = new FakeClock();
  const source = new HeldSource();
  const rfile = new RequestReader(source, { timeout: 1 });
  const first = rfile.readLine();
  await source.give("one\ntwo\nthree\nfour\nfive");
  assertEquals(await first, "one");
  await clock.pass(0);
  const before = clock.started;
  assertEquals(await rfile.readLine(), "two");
  await rfile.readExactly(6);
  await rfile.readUntil("\n");
  await rfile.read();
  assertEquals([before, clock.started], [1, 1]);
});

Deno.test("RequestReader has its timeout for each chunk as a stream", async () => {
  using clock = new FakeClock();
  const source = new HeldSource();
  const rfile = new RequestReader(source, { timeout: 1 });
  const reader = rfile.getReader();
  for (let i = 0; i < 3; i++) {
    const reading = reader.read();
    await clock.pass(900);
    await source.give("x");
    assertEquals((await reading).value?.length, 1);
  }
  const outcome = watched(reader.read());
  await clock.pass(999);
  assertEquals(outcome.isOver, false);
  await clock.pass(1);
  assert(outcome.error instanceof Deno.errors.TimedOut, `${outcome.error}`);
});

for (const way of ["straight", "by the platform's pipe"]) {
  Deno.test(`RequestReader.pipeTo() has its timeout for a chunk behind all that is skipped, ${way}`, async () => {
    using clock = new FakeClock();
    const source = new HeldSource();
    const rfile = await skippingReader(source);
    const end = way === "straight"
      ? new ResponseWriter(new HeldSink())
      : new WritableStream();
    const outcome = watched(rfile.pipeTo(end));
    for (let i = 0; i < 3; i++) {
      await clock.pass(300);
      await source.give("x");
    }
    await clock.pass(99);
    assertEquals(outcome.isOver, false);
    const reads = source.sizes.length;
    await clock.pass(1);
    assert(outcome.error instanceof Deno.errors.TimedOut, `${outcome.error}`);
    await source.give("x");
    await clock.pass(0);
    assertEquals(source.sizes.length, reads, "Reads on, for nobody");
  });
}

Deno.test("ResponseWriter.write() has its timeout for the whole write, however many pieces are taken", async () => {
  using clock = new FakeClock();
  let take = () => {};
  let pieces = 0;
  const sink = {
    write: () => {
      pieces++;
      return new Promise<number>((resolve) => take = () => resolve(1));
    },
    closeWrite: () => Promise.resolve(),
  };
  const wfile = new ResponseWriter(sink, { timeout: 1 });
  const outcome = watched(wfile.write("a longer text"));
  for (let i = 0; i < 3; i++) {
    await clock.pass(300);
    take();
  }
  await clock.pass(99);
  assertEquals([outcome.isOver, pieces], [false, 4]);
  await clock.pass(1);
  assert(outcome.error instanceof Deno.errors.TimedOut, `${outcome.error}`);
  assertEquals(
    outcome.error.message,
    "Cannot write within the timeout: current value is 1 seconds",
  );
  take();
  await clock.pass(0);
  assertEquals(pieces, 4, "Sends on although the write has failed");
});

Deno.test("ResponseWriter.write() has its timeout from the moment when those before it have been sent", async () => {
  using clock = new FakeClock();
  const sink = new HeldSink();
  const wfile = new ResponseWriter(sink, { timeout: 1 });
  const outcomes = ["one", "two", "three"].map((text) =>
    watched(wfile.write(text))
  );
  for (let i = 0; i < 2; i++) {
    await clock.pass(900);
    await sink.take();
  }
  await clock.pass(999);
  assertEquals(outcomes.map(({ isOver }) => isOver), [true, true, false]);
  assertEquals(sink.pieces, ["one", "two"]);
  await clock.pass(1);
  assert(outcomes[2]!.error instanceof Deno.errors.TimedOut);
});

Deno.test("ResponseWriter.write() has its timeout for the whole write over a socket whose client reads slowly", async () => {
  using pair = await TcpPair.open();
  const wfile = new ResponseWriter(pair.server, { timeout: 0.3 });
  const writing = assertRejects(
    () => wfile.write(new Uint8Array(256 << 20)),
    Deno.errors.TimedOut,
  );
  let isOver = false;
  const reading = (async () => {
    const buffer = new Uint8Array(65_536);
    for (; !isOver; await delay(10)) await pair.client.read(buffer);
  })();
  await deadline(writing, LIMIT_MS);
  isOver = true;
  await reading;
});
