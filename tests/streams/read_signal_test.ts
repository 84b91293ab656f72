import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { type ReadOptions, RequestReader } from "@socketserver/socketserver";
import { CountingController } from "../fixtures/counting_controller.ts";
import { HeldSource } from "../fixtures/held_source.ts";
import { readCalls, textOf } from "../fixtures/read_calls.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const LIMIT_MS = 10_000;
const REASON = new Error("something else");
const encoder = new TextEncoder();

for (const [name, call] of Object.entries(readCalls)) {
  Deno.test(`RequestReader.${name} rejects with the reason of a signal that is aborted while it waits, and the next call gets the bytes`, async () => {
    for (const [next, callNext] of Object.entries(readCalls)) {
      const source = new HeldSource();
      const rfile = new RequestReader(source);
      const controller = new AbortController();
      const read = call(rfile, controller);
      await source.asked();
      controller.abort(REASON);
      assertStrictEquals(await assertRejects(() => read), REASON);
      const reading = callNext(rfile);
      await source.give("late\n");
      assertEquals(await reading, "late\n", next);
      assertEquals(source.sizes.length, 1);
    }
  });

  Deno.test(`RequestReader.${name} rejects at a signal over a socket, and the next call gets the bytes`, async () => {
    using pair = await TcpPair.open();
    const rfile = new RequestReader(pair.server);
    const controller = new AbortController();
    const read = call(rfile, controller);
    controller.abort(REASON);
    assertStrictEquals(await assertRejects(() => read), REASON);
    await pair.client.write(encoder.encode("late\n"));
    assertEquals(await deadline(call(rfile), LIMIT_MS), "late\n");
  });

  Deno.test(`RequestReader.${name} rejects at a signal that was aborted before, although its bytes are there`, async () => {
    const rfile = new RequestReader(encoder.encode("here\n"));
    const options = { signal: AbortSignal.abort(REASON) };
    assertStrictEquals(
      await assertRejects(() => call(rfile, options)),
      REASON,
    );
    assertEquals(await call(rfile), "here\n");
  });

  Deno.test(`RequestReader.${name} listens to its signal only while it waits`, async () => {
    const source = new HeldSource();
    const rfile = new RequestReader(source);
    const controller = new CountingController();
    for (let i = 0; i < 3; i++) {
      const read = call(rfile, controller);
      await source.asked();
      assertEquals(controller.listeners, 1);
      await source.give("abcd\nefgh\n".slice(0, name === "read()" ? 5 : 10));
      await read;
      assertEquals(controller.listeners, 0);
      if (name === "read()") continue;
      await call(rfile, controller);
      assertEquals(controller.added, i + 1);
    }
    const failing = call(rfile, controller);
    await source.fail(new Deno.errors.ConnectionReset());
    await assertRejects(() => failing, Deno.errors.ConnectionReset);
    assertEquals(controller.listeners, 0);
    const aborted = call(rfile, controller);
    controller.abort(REASON);
    assertStrictEquals(await assertRejects(() => aborted), REASON);
    assertEquals(controller.listeners, 0);
  });

  for (const when of ["before", "after"]) {
    Deno.test(`RequestReader.${name} may be called by a listener that was added ${when} that of the call that is aborted`, async () => {
      const source = new HeldSource();
      const rfile = new RequestReader(source);
      const controller = new AbortController();
      let next: Promise<string | null> | undefined;
      const onAbort = () => next = call(rfile);
      const listen = () => controller.signal.addEventListener("abort", onAbort);
      if (when === "before") listen();
      const read = assertRejects(() => rfile.readLine(controller));
      if (when === "after") listen();
      controller.abort(REASON);
      await source.give("late\n");
      assertStrictEquals(await read, REASON);
      assertEquals(await next, "late\n");
    });
  }

  for (const turns of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    Deno.test(`RequestReader.${name} and the next call give each byte once if the signal is aborted ${turns} turns after it came`, async () => {
      const source = new HeldSource();
      const rfile = new RequestReader(source);
      const controller = new AbortController();
      const read = call(rfile, controller).catch((error) => {
        assertStrictEquals(error, REASON);
        return "";
      });
      await source.give("one.\ntwo.\n");
      for (let i = 0; i < turns; i++) await null;
      controller.abort(REASON);
      const rest = rfile.readExactly(5);
      const first = await read;
      if (first === "one.\ntwo.\n") return void rest.catch(() => {});
      assertEquals(textOf(await rest), first === "" ? "one.\n" : "two.\n");
    });
  }

  for (const signal of [undefined, null]) {
    Deno.test(`RequestReader.${name} takes a signal of ${signal} for none`, async () => {
      const rfile = new RequestReader(encoder.encode("here\nhere\n"));
      const whole = name === "read()" ? "here\nhere\n" : "here\n";
      assertEquals(await call(rfile, { signal }), whole);
    });

    Deno.test(`RequestReader.${name} takes options of ${signal} for none`, async () => {
      const rfile = new RequestReader(encoder.encode("here\n"));
      assertEquals(await call(rfile, signal), "here\n");
    });
  }

  for (
    const signal of [0, "abort", {}, new AbortController(), new Event("abort")]
  ) {
    Deno.test(`RequestReader.${name} rejects if the signal is ${Deno.inspect(signal)}`, async () => {
      const rfile = new RequestReader(encoder.encode("here\n"));
      await assertRejects(
        () => call(rfile, { signal: signal as AbortSignal }),
        TypeError,
        `Cannot read as 'signal' must be an AbortSignal: current value is ${
          Deno.inspect(signal, { depth: 1 })
        }`,
      );
      assertEquals(await call(rfile), "here\n");
    });
  }

  Deno.test(`RequestReader.${name} rejects if its options are no object`, async () => {
    const rfile = new RequestReader(encoder.encode("here\n"));
    await assertRejects(
      () => call(rfile, 5 as ReadOptions),
      TypeError,
      "Cannot read as the options must be an object: current value is 5",
    );
    assertEquals(await call(rfile), "here\n");
  });
}

Deno.test("RequestReader.readLine() rejects at a signal that its source aborts", async () => {
  const controller = new CountingController();
  const late = Promise.withResolvers<number | null>();
  const rfile = new RequestReader({
    read: () => {
      controller.abort(REASON);
      return late.promise;
    },
  });
  assertStrictEquals(
    await assertRejects(() => rfile.readLine(controller)),
    REASON,
  );
  assertEquals(controller.added, 0);
  late.resolve(null);
  assertEquals(await rfile.readLine(), null);
});

Deno.test("RequestReader.readLine() is not ended by the end of a call that was aborted before it", async () => {
  const rfile = new RequestReader(new HeldSource());
  const controllers = [new AbortController(), new CountingController()];
  const [first, second] = controllers as [AbortController, CountingController];
  const aborted = assertRejects(() => rfile.readLine(first));
  first.abort(REASON);
  const next = assertRejects(() => rfile.readLine(second));
  assertStrictEquals(await aborted, REASON);
  await assertRejects(() => rfile.readLine(), Deno.errors.Busy);
  assertEquals(second.listeners, 1);
  second.abort(REASON);
  assertStrictEquals(await next, REASON);
});

Deno.test("RequestReader.lines() throws at once if its options are wrong", () => {
  const rfile = new RequestReader(new Uint8Array(0));
  assertThrows(
    () => rfile.lines({ signal: 5 as never }),
    TypeError,
    "'signal'",
  );
});

Deno.test("RequestReader.read() of no bytes rejects at a signal that was aborted before", async () => {
  const rfile = new RequestReader(new Uint8Array(0));
  const options = { signal: AbortSignal.abort(REASON) };
  assertStrictEquals(
    await assertRejects(() => rfile.read(0, options)),
    REASON,
  );
});

Deno.test("RequestReader.readLine() keeps what came before the signal was aborted", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  for (const piece of ["first ", "second "]) {
    const controller = new AbortController();
    const read = rfile.readLine(controller);
    await source.give(piece);
    await source.asked();
    controller.abort(REASON);
    assertStrictEquals(await assertRejects(() => read), REASON);
  }
  const read = rfile.readLine();
  await source.give("third\n");
  assertEquals(await read, "first second third");
});

Deno.test("RequestReader.lines() ends with the reason of its signal, and a second loop goes on with the next line", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const controller = new CountingController();
  const lines: string[] = [];
  const loop = (async () => {
    for await (const line of rfile.lines(controller)) lines.push(line);
  })();
  await source.give("one\ntwo\nthr");
  await source.asked();
  controller.abort(REASON);
  assertStrictEquals(await assertRejects(() => loop), REASON);
  assertEquals(lines, ["one", "two"]);
  source.give("ee\nfour\n");
  for await (const line of rfile.lines()) {
    lines.push(line);
    if (line === "four") break;
  }
  assertEquals(lines, ["one", "two", "three", "four"]);
});

Deno.test("RequestReader.lines() holds no listener when its loop is left early", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const controller = new CountingController();
  source.give("one\ntwo\n");
  for await (const line of rfile.lines(controller)) {
    assertEquals(line, "one");
    break;
  }
  assertEquals([controller.listeners, controller.added], [0, 1]);
  assertEquals(await rfile.readLine(), "two");
});

Deno.test("RequestReader.readLine() gives each line once where it is raced with an event, again and again", async () => {
  using pair = await TcpPair.open();
  const rfile = new RequestReader(pair.server);
  const wanted = Array.from({ length: 200 }, (_, i) => `line ${i}`);
  const sending = (async () => {
    for (const line of wanted) {
      await pair.client.write(encoder.encode(`${line}\n`));
    }
    await pair.client.closeWrite();
  })();
  const lines: string[] = [];
  let events = 0;
  const loop = async () => {
    for (;;) {
      const controller = new AbortController();
      const event = new Promise<"event">((resolve) =>
        setTimeout(resolve, lines.length % 3, "event")
      );
      const reading = rfile.readLine(controller);
      const first = await Promise.race([reading, event]);
      controller.abort(REASON);
      if (first === "event") events++;
      // The line may have come just then, too.
      const line = await reading.catch((reason) => {
        assertStrictEquals(reason, REASON);
        return undefined;
      });
      await event;
      if (line === null) return;
      if (line !== undefined) lines.push(line);
    }
  };
  await deadline(Promise.all([loop(), sending]), LIMIT_MS);
  assertEquals(lines, wanted);
  assert(events >= 0);
});

Deno.test("RequestReader.readLine() tells of a failure that came when nobody waited", async () => {
  const source = new HeldSource();
  const rfile = new RequestReader(source);
  const controller = new AbortController();
  const read = rfile.readLine(controller);
  controller.abort(REASON);
  assertStrictEquals(await assertRejects(() => read), REASON);
  await source.fail(new Deno.errors.ConnectionReset());
  await assertRejects(() => rfile.readLine(), Deno.errors.ConnectionReset);
  const next = rfile.readLine();
  await source.give(null);
  assertEquals(await next, null);
});

Deno.test("RequestReader.readLine() times out as it does without a signal, and listens no more", async () => {
  const rfile = new RequestReader(new HeldSource(), { timeout: 0.01 });
  const controller = new CountingController();
  await assertRejects(
    () => rfile.readLine(controller),
    Deno.errors.TimedOut,
  );
  assertEquals([controller.listeners, controller.added], [0, 1]);
});
