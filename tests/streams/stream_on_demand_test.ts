import { assert, assertEquals, assertFalse } from "@std/assert";
import { Writable } from "node:stream";
import { streamOnDemand } from "../../src/streams/stream_on_demand.ts";
import { pretendRelease } from "../fixtures/pretend_release.ts";

const encoder = new TextEncoder();

class Greeting extends streamOnDemand(() => ReadableStream<Uint8Array>) {
  built = 0;

  constructor() {
    super(() => {
      this.built++;
      return {
        start(controller) {
          controller.enqueue(encoder.encode("hello"));
          controller.close();
        },
      };
    });
  }
}

class Log extends streamOnDemand(() => WritableStream<string>) {
  readonly lines: string[] = [];

  constructor() {
    super(() => ({ write: (line) => this.write(line) }));
  }

  write(line: string): void {
    this.lines.push(`${line}`);
  }
}

const release = `Deno ${Deno.version.deno}`;

Deno.test(`streamOnDemand() does not load the platform's class in ${release}`, () => {
  let loaded = false;
  class Late extends streamOnDemand(() => {
    loaded = true;
    return ReadableStream<string>;
  }) {
    readonly name = "late";
  }
  assertEquals(new Late(() => ({})).name, "late");
  assertFalse(loaded, `${release} is missing from known_release.ts`);
});

for (const name of ["ReadableStream", "WritableStream"] as const) {
  Deno.test(`streamOnDemand() finds out that a ${name} of ${release} can be built on demand`, () => {
    using _release = pretendRelease("99.0.0");
    const OnDemand = streamOnDemand<ReadableStream | WritableStream, object>(
      () => globalThis[name],
    );
    let built = false;
    const stream = new OnDemand(() => {
      built = true;
      return {};
    });
    assert(stream instanceof globalThis[name]);
    assertFalse(built, `${release} hides the state of its streams`);
  });
}

Deno.test("streamOnDemand() builds no stream for what concerns no stream", async () => {
  const greeting = new Greeting();
  assert(greeting instanceof ReadableStream);
  assert("pipeTo" in greeting);
  assertEquals(await Promise.resolve(greeting), greeting);
  assertEquals(Object.keys(greeting), ["built"]);
  assertEquals(greeting.built, 0);
});

Deno.test("streamOnDemand() builds one stream, however it is used", async () => {
  const greeting = new Greeting();
  assertFalse(greeting.locked);
  assertEquals(greeting.built, 0);
  const response = new Response(greeting);
  assertFalse(greeting.locked);
  assertEquals(await response.text(), "hello");
  assert(greeting.locked);
  assertEquals(greeting.built, 1);
});

Deno.test("streamOnDemand() leaves the class's prototype alone", () => {
  assertEquals(Greeting.prototype instanceof ReadableStream, true);
  assertEquals(Reflect.get(Greeting.prototype, "missing"), undefined);
  assertEquals(Reflect.get(Greeting.prototype, Symbol("missing")), undefined);
});

const producers: Record<string, (log: Log) => Promise<unknown>> = {
  "pipeTo()": (log) => ReadableStream.from(["one", "two"]).pipeTo(log),
  "pipeThrough()": (log) => {
    const { readable, writable } = new TransformStream<string, string>();
    const piped = readable.pipeTo(log);
    return Promise.all([
      ReadableStream.from(["one", "two"]).pipeTo(writable),
      piped,
    ]);
  },
  "getWriter()": async (log) => {
    const writer = log.getWriter();
    await writer.write("one");
    await writer.write("two");
  },
  "new WritableStreamDefaultWriter()": async (log) => {
    const writer = new WritableStreamDefaultWriter(log);
    await writer.write("one");
    await writer.write("two");
  },
  "Writable.fromWeb()": async (log) => {
    const writable = Writable.fromWeb(log as never, { decodeStrings: false });
    writable.write("one");
    await new Promise<void>((resolve) => writable.end("two", resolve));
  },
};

for (const [name, produce] of Object.entries(producers)) {
  Deno.test(`streamOnDemand() makes a WritableStream for ${name}`, async () => {
    const log = new Log();
    assert(log instanceof WritableStream);
    await produce(log);
    assertEquals(log.lines, ["one", "two"]);
  });
}
