import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  RequestReader,
  ResponseWriter,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import { chunkedSource } from "../fixtures/chunked_source.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import { RecordingSink } from "../fixtures/recording_sink.ts";

const LIMIT_MS = 10_000;

/** Fails whenever somebody looks at it closely. */
const hostile = {
  [Symbol.toPrimitive]() {
    throw new Error("not to be looked at");
  },
  [Symbol.for("Deno.customInspect")]() {
    throw new Error("not to be looked at");
  },
};
const unshown = "a value that cannot be shown";

const notNumbers = ["1", 1n, true, {}, [1], Symbol("one"), hostile];
const notSizes = [NaN, Infinity, -Infinity, -2, 0.5, 2 ** 30 + 1, 2 ** 53];
const notDurations = [NaN, -1, -Infinity];
const notCounts = [NaN, -1, 0.5, 2 ** 53];

const request = new MemoryConnection([]);

/** Makes a handler whose fields are set, and uses its streams. */
function handleWith(fields: object): void {
  const handler = new StreamRequestHandler(
    request,
    request.remoteAddr,
    undefined as never,
  );
  Object.assign(handler, fields);
  void [handler.rfile, handler.wfile];
}

const sink = new RecordingSink();

/** An argument, what passes it on, and what it must not be. */
interface Row {
  readonly use: (value: never) => unknown;
  readonly rule: string;
  readonly shapes: readonly unknown[];
  readonly ranges?: readonly unknown[];
  readonly right: readonly unknown[];
}

const rows: Record<string, Row> = {
  "new RequestReader(source)": {
    use: (source) => new RequestReader(source),
    rule:
      "Cannot create rfile as its source must have read(), or be a ReadableStream",
    shapes: [
      undefined,
      null,
      1,
      "abc",
      hostile,
      { read: 1 },
      new ArrayBuffer(1),
    ],
    right: [new Uint8Array(1), chunkedSource(), request],
  },
  "new RequestReader(…, options)": {
    use: (options) => new RequestReader(chunkedSource(), options),
    rule: "Cannot create rfile as its options must be an object",
    shapes: [1, "abc", true, 1n],
    right: [undefined, null, {}],
  },
  "new RequestReader(…, { bufferSize })": {
    use: (bufferSize) => new RequestReader(chunkedSource(), { bufferSize }),
    rule:
      "Cannot create rfile as its buffer size must be an integer from -1 to 1073741824",
    shapes: [null, ...notNumbers],
    ranges: notSizes,
    right: [undefined, -1, 0, 1, 2 ** 30],
  },
  "new RequestReader(…, { timeout })": {
    use: (timeout) => new RequestReader(chunkedSource(), { timeout }),
    rule:
      "Cannot create rfile as its timeout must be a non-negative number of seconds or null",
    shapes: notNumbers,
    ranges: notDurations,
    right: [undefined, null, 0, 0.5, Number.MAX_VALUE, Infinity],
  },
  "RequestReader.maxLineLength": {
    use: (length) => new RequestReader(chunkedSource()).maxLineLength = length,
    rule:
      "Cannot set maxLineLength as it must be a non-negative integer or Infinity",
    shapes: [undefined, null, ...notNumbers],
    ranges: notCounts,
    right: [0, 1, Number.MAX_SAFE_INTEGER, Infinity],
  },
  "RequestReader.read()": {
    use: (max) => new RequestReader(chunkedSource("abc")).read(max),
    rule: "Cannot read as the number of bytes must be a non-negative integer",
    shapes: [null, ...notNumbers],
    ranges: [-Infinity, ...notCounts],
    right: [undefined, 0, 1, Number.MAX_SAFE_INTEGER, Infinity],
  },
  "RequestReader.readLine({ timeout })": {
    use: (timeout) =>
      new RequestReader(chunkedSource("abc")).readLine({ timeout }),
    rule:
      "Cannot read as 'timeout' must be a non-negative number of seconds or null",
    shapes: notNumbers,
    ranges: [-1, -Infinity, NaN],
    right: [undefined, null, 0, 0.5, Infinity],
  },
  "RequestReader.readLine({ required })": {
    use: (required) =>
      new RequestReader(chunkedSource("abc")).readLine({ required }),
    rule: "Cannot read as 'required' must be a boolean",
    shapes: [0, 1, "yes", 1n, {}, hostile],
    right: [undefined, null, true, false],
  },
  "RequestReader.readExactly()": {
    use: (count) => new RequestReader(chunkedSource("abc")).readExactly(count),
    rule: "Cannot read as the number of bytes must be a non-negative integer",
    shapes: [undefined, null, ...notNumbers],
    ranges: [Infinity, -Infinity, ...notCounts],
    right: [0, 3],
  },
  "RequestReader.readUntil()": {
    use: (end) => new RequestReader(chunkedSource("abc")).readUntil(end),
    rule: "Cannot read as 'delimiter' must be a Uint8Array or a string",
    shapes: [
      undefined,
      null,
      1,
      [99],
      new ArrayBuffer(1),
      new DataView(new ArrayBuffer(1)),
      hostile,
    ],
    right: ["c", new Uint8Array([99])],
  },
  "new ResponseWriter(sink)": {
    use: (sink) => new ResponseWriter(sink),
    rule:
      "Cannot create wfile as its sink must have write() and closeWrite(), or be a WritableStream",
    shapes: [
      undefined,
      null,
      1,
      "abc",
      hostile,
      { write: () => {} },
      chunkedSource(),
    ],
    right: [sink, request],
  },
  "new ResponseWriter(…, options)": {
    use: (options) => new ResponseWriter(sink, options),
    rule: "Cannot create wfile as its options must be an object",
    shapes: [1, "abc", true, 1n],
    right: [undefined, null, {}],
  },
  "new ResponseWriter(…, { bufferSize })": {
    use: (bufferSize) => new ResponseWriter(sink, { bufferSize }),
    rule:
      "Cannot create wfile as its buffer size must be an integer from -1 to 1073741824",
    shapes: [null, ...notNumbers],
    ranges: notSizes,
    right: [undefined, -1, 0, 1, 2 ** 30],
  },
  "new ResponseWriter(…, { timeout })": {
    use: (timeout) => new ResponseWriter(sink, { timeout }),
    rule:
      "Cannot create wfile as its timeout must be a non-negative number of seconds or null",
    shapes: notNumbers,
    ranges: notDurations,
    right: [undefined, null, 0, 0.5, Number.MAX_VALUE, Infinity],
  },
  "ResponseWriter.write()": {
    use: (data) => new ResponseWriter(sink).write(data),
    rule: "Cannot write as data must be bytes or a string",
    shapes: [
      undefined,
      null,
      1,
      1n,
      [97],
      {},
      hostile,
      new SharedArrayBuffer(1),
    ],
    right: [
      "",
      "abc",
      new Uint8Array(1),
      new ArrayBuffer(1),
      new DataView(new ArrayBuffer(1)),
    ],
  },
  "StreamRequestHandler.rbufsize": {
    use: (rbufsize) => handleWith({ rbufsize }),
    rule:
      "Cannot create rfile as its buffer size must be an integer from -1 to 1073741824",
    shapes: [null, ...notNumbers],
    ranges: notSizes,
    right: [undefined, -1, 0, 1],
  },
  "StreamRequestHandler.wbufsize": {
    use: (wbufsize) => handleWith({ wbufsize }),
    rule:
      "Cannot create wfile as its buffer size must be an integer from -1 to 1073741824",
    shapes: [null, ...notNumbers],
    ranges: notSizes,
    right: [undefined, -1, 0, 1],
  },
  "StreamRequestHandler.maxLineLength": {
    use: (maxLineLength) => handleWith({ maxLineLength }),
    rule:
      "Cannot set maxLineLength as it must be a non-negative integer or Infinity",
    shapes: [null, ...notNumbers],
    ranges: notCounts,
    right: [0, 1, Infinity],
  },
  "StreamRequestHandler.timeout": {
    use: (timeout) => handleWith({ timeout }),
    rule:
      "Cannot create rfile as its timeout must be a non-negative number of seconds or null",
    shapes: notNumbers,
    ranges: notDurations,
    right: [undefined, null, 0, 60, Infinity],
  },
  "StreamRequestHandler.readTimeout": {
    use: (readTimeout) => handleWith({ readTimeout }),
    rule:
      "Cannot create rfile as its readTimeout must be a non-negative number of seconds or null",
    shapes: notNumbers,
    ranges: notDurations,
    right: [undefined, null, 0, 60, Infinity],
  },
  "StreamRequestHandler.writeTimeout": {
    use: (writeTimeout) => handleWith({ writeTimeout }),
    rule:
      "Cannot create wfile as its writeTimeout must be a non-negative number of seconds or null",
    shapes: notNumbers,
    ranges: notDurations,
    right: [undefined, null, 0, 60, Infinity],
  },
};

function named(value: unknown): string {
  return value === hostile ? unshown : Deno.inspect(value);
}

for (
  const [name, { use, rule, shapes, ranges = [], right }] of Object.entries(
    rows,
  )
) {
  const call = async (value: unknown) => {
    await deadline(Promise.resolve(use(value as never)), LIMIT_MS);
  };

  Deno.test(`${name} refuses what it cannot use, and names it`, async () => {
    for (
      const [values, ErrorClass] of [[shapes, TypeError], [
        ranges,
        RangeError,
      ]] as const
    ) {
      for (const value of values) {
        const error = await assertRejects(() => call(value), ErrorClass, rule);
        assertStringIncludes(
          error.message,
          `: current value is ${named(value)}`,
        );
      }
    }
  });

  Deno.test(`${name} takes what it can use`, async () => {
    for (const value of right) await call(value);
  });
}

for (
  const [name, create] of [
    [
      "RequestReader",
      (options: object) => new RequestReader(chunkedSource(), options),
    ],
    ["ResponseWriter", (options: object) => new ResponseWriter(sink, options)],
  ] as const
) {
  Deno.test(`new ${name}() throws what a getter of its options throws`, () => {
    for (const option of ["bufferSize", "timeout"]) {
      const options = Object.defineProperty({}, option, {
        get() {
          throw new EvalError("not to be read");
        },
      });
      assertThrows(() => create(options), EvalError, "not to be read");
    }
  });
}

Deno.test("ResponseWriter.write() shows only the beginning of a large value", async () => {
  const data = Array.from({ length: 100_000 }, () => "x".repeat(1_000));
  const error = await assertRejects(
    () => new ResponseWriter(sink).write(data as never),
    TypeError,
  );
  assert(error.message.length < 1200, `${error.message.length} characters`);
});

for (const count of [0, -1, NaN, undefined]) {
  Deno.test(`ResponseWriter.write() rejects if a sink has taken ${count} bytes`, async () => {
    const wfile = new ResponseWriter({
      write: () => Promise.resolve(count as number),
      closeWrite: () => Promise.resolve(),
    });
    await assertRejects(
      () => wfile.write("abc"),
      TypeError,
      `the number of bytes taken: current value is ${count}`,
    );
  });
}

Deno.test("RequestReader.readLine() waits for ever with a timeout of Infinity", async () => {
  const rfile = new RequestReader(chunkedSource("a\n"), { timeout: Infinity });
  assertEquals(await rfile.readLine(), "a");
});
