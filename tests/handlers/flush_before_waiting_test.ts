import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type StreamRequest,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import { connect } from "@socketserver/socketserver/testing";
import { HeldSink } from "../fixtures/held_sink.ts";
import { HeldSource } from "../fixtures/held_source.ts";
import { readCalls } from "../fixtures/read_calls.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 10_000;
const REASON = new Error("something else");

class CollectingHandler extends StreamRequestHandler {
  override wbufsize = -1;
}

/** A handler whose client does what the test says. */
function heldHandler(wbufsize = -1) {
  const source = new HeldSource();
  const sink = new HeldSink();
  const request = {
    read: (buffer: Uint8Array) => source.read(buffer),
    write: (data: Uint8Array) => sink.write(data),
    closeWrite: () => sink.closeWrite(),
    close: () => {},
  } as StreamRequest;
  const handler = new CollectingHandler(
    request,
    { transport: "tcp", hostname: "127.0.0.1", port: 1 },
    {} as never,
  );
  handler.wbufsize = wbufsize;
  return { source, sink, handler };
}

for (const [name, call] of Object.entries(readCalls)) {
  Deno.test(`StreamRequestHandler.rfile.${name} sends what wfile has collected before it waits`, async () => {
    class DialogueHandler extends CollectingHandler {
      override async handle() {
        await this.wfile.write("name? ");
        const text = await call(this.rfile);
        await this.wfile.write(`hello, ${text}`);
        await call(this.rfile);
      }
    }
    await using client = connect(DialogueHandler);
    assertEquals(
      await client.readUntil("? "),
      new TextEncoder().encode("name? "),
    );
    await client.write("Ada.\n");
    assertEquals(await client.readLine(), "hello, Ada.");
    await client.write("bye.\n");
  });
}

Deno.test("StreamRequestHandler.rfile sends what wfile has collected before it waits, whichever is used first", async () => {
  for (const first of ["rfile", "wfile"] as const) {
    const { source, sink, handler } = heldHandler();
    assert(handler[first]);
    await handler.wfile.write("here");
    const reading = handler.rfile.readLine();
    await sink.take();
    await source.give("line\n");
    assertEquals(await reading, "line");
    assertEquals(sink.pieces, ["here"]);
  }
});

Deno.test("StreamRequestHandler.rfile lets the answers to what has come at once leave together", async () => {
  const writes: number[] = [];
  class UpperHandler extends CollectingHandler {
    override async handle() {
      const { request } = this;
      const write = request.write.bind(request);
      request.write = (data) => {
        writes.push(data.length);
        return write(data);
      };
      for await (const line of this.rfile.lines()) {
        await this.wfile.write(`${line.toUpperCase()}\n`);
      }
    }
  }
  await using client = connect(UpperHandler);
  await client.write("a\nb\nc\nd");
  assertEquals(await client.readLine(), "A");
  assertEquals(writes, [6]);
  await client.write("e\nf\n");
  assertEquals(
    await client.readExactly(9),
    new TextEncoder().encode("B\nC\nDE\nF\n"),
  );
  assertEquals(writes, [6, 5]);
});

Deno.test("StreamRequestHandler.rfile.pipeTo() sends what wfile has collected before it waits", async () => {
  class EchoHandler extends CollectingHandler {
    override handle() {
      return this.rfile.pipeTo(this.wfile);
    }
  }
  await using client = connect(EchoHandler);
  await client.write("one\n");
  assertEquals(await client.readLine(), "one");
  await client.write("two\n");
  assertEquals(await client.readLine(), "two");
});

Deno.test("StreamRequestHandler.rfile reads no more as long as the client does not take its answers", async () => {
  const { source, sink, handler } = heldHandler();
  await handler.wfile.write("answer");
  const reading = handler.rfile.readLine();
  await sink.asked();
  assertEquals(source.sizes.length, 0);
  await sink.take();
  await source.give("next\n");
  assertEquals(await reading, "next");
});

Deno.test("StreamRequestHandler.rfile rejects with the error of what could not be sent, once", async () => {
  const { source, sink, handler } = heldHandler();
  const lost = new Deno.errors.ConnectionReset("gone");
  await handler.wfile.write("answer");
  const failed = assertRejects(() => handler.rfile.readLine());
  await sink.fail(lost);
  assertStrictEquals(await failed, lost);
  const reading = handler.rfile.readLine();
  await source.give("said before\n");
  assertEquals(await reading, "said before");
  assertStrictEquals(await assertRejects(() => handler.finish()), lost);
});

Deno.test("StreamRequestHandler.rfile may be given up while it sends, and the next call gets the bytes", async () => {
  const { source, sink, handler } = heldHandler();
  const controller = new AbortController();
  await handler.wfile.write("answer");
  const given = handler.rfile.readLine({ signal: controller.signal });
  await sink.asked();
  controller.abort(REASON);
  assertStrictEquals(await assertRejects(() => given), REASON);
  await assertRejects(() => handler.rfile.discard(), Deno.errors.Busy);
  await sink.take();
  await source.give("line\n");
  assertEquals(await handler.rfile.readLine(), "line");
  assertEquals(source.sizes.length, 1);
});

Deno.test("StreamRequestHandler.rfile tells the next call of a failure that came after the call had been given up", async () => {
  const { source, sink, handler } = heldHandler();
  const controller = new AbortController();
  const lost = new Deno.errors.ConnectionReset("gone");
  await handler.wfile.write("answer");
  const given = handler.rfile.readLine({ signal: controller.signal });
  controller.abort(REASON);
  await assertRejects(() => given);
  await sink.take();
  await source.fail(lost);
  assertStrictEquals(
    await assertRejects(() => handler.rfile.readLine()),
    lost,
  );
});

Deno.test("StreamRequestHandler.rfile sends what was collected after a read had been given up", async () => {
  const { source, sink, handler } = heldHandler();
  const controller = new AbortController();
  assert(handler.wfile);
  const given = handler.rfile.readLine({ signal: controller.signal });
  await source.asked();
  controller.abort(REASON);
  await assertRejects(() => given);
  await handler.wfile.write("news");
  const reading = handler.rfile.readLine();
  await sink.take();
  assertEquals(sink.pieces, ["news"]);
  await source.give("line\n");
  assertEquals(await deadline(reading, LIMIT_MS), "line");
  assertEquals(source.sizes.length, 1);
});

Deno.test("StreamRequestHandler.rfile reads nothing when it was cancelled while it sent", async () => {
  const { source, sink, handler } = heldHandler();
  const controller = new AbortController();
  await handler.wfile.write("answer");
  const given = handler.rfile.readLine({ signal: controller.signal });
  controller.abort(REASON);
  await assertRejects(() => given);
  await handler.rfile.cancel();
  await sink.take();
  assertEquals(await handler.rfile.readLine(), null);
  assertEquals(source.sizes, []);
});

Deno.test("StreamRequestHandler.rfile does not wait for writes with a wbufsize of 0", async () => {
  const { source, sink, handler } = heldHandler(0);
  const writing = handler.wfile.write("slow");
  const reading = handler.rfile.readLine();
  await source.give("line\n");
  assertEquals(await reading, "line");
  await sink.take();
  await writing;
  await until(() => handler.wfile.pending === 0);
});
