import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import {
  LineTooLongError,
  type StreamRequest,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import { connect, exchange } from "@socketserver/socketserver/testing";
import { HeldSink } from "../fixtures/held_sink.ts";
import { HeldSource } from "../fixtures/held_source.ts";
import { until } from "../fixtures/until.ts";

Deno.test("StreamRequestHandler.connection is the request", async () => {
  let same = false;
  await exchange(
    class extends StreamRequestHandler {
      override handle() {
        same = this.connection === this.request;
      }
    },
  );
  assertStrictEquals(same, true);
});

Deno.test("StreamRequestHandler.rfile and wfile are the same ones each time", async () => {
  let same = false;
  await exchange(
    class extends StreamRequestHandler {
      override handle() {
        same = this.rfile === this.rfile && this.wfile === this.wfile;
      }
    },
  );
  assertStrictEquals(same, true);
});

Deno.test("StreamRequestHandler.rfile may be used from setup on", async () => {
  const answer = await exchange(
    class extends StreamRequestHandler {
      #first: string | null = null;
      override async setup() {
        this.#first = await this.rfile.readLine();
      }
      override async handle() {
        await this.wfile.write(`${this.#first} ${await this.rfile.readLine()}`);
      }
    },
    "one\ntwo\n",
  );
  assertEquals(answer, "one two");
});

Deno.test("StreamRequestHandler.rbufsize 0 leaves what follows a line to the request", async () => {
  const answer = await exchange(
    class extends StreamRequestHandler {
      override rbufsize = 0;
      override async handle() {
        const line = await this.rfile.readLine();
        const buffer = new Uint8Array(4);
        await this.request.read(buffer);
        await this.wfile.write(`${line}|${new TextDecoder().decode(buffer)}`);
      }
    },
    "head\nbody",
  );
  assertEquals(answer, "head|body");
});

Deno.test("StreamRequestHandler.rbufsize is the most that is read ahead", async () => {
  const answer = await exchange(
    class extends StreamRequestHandler {
      override rbufsize = 6;
      override async handle() {
        const line = await this.rfile.readLine();
        const buffer = new Uint8Array(4);
        await this.request.read(buffer);
        await this.wfile.write(`${line}|${new TextDecoder().decode(buffer)}`);
      }
    },
    "one\n..four",
  );
  assertEquals(answer, "one|four");
});

for (const wbufsize of [100, -1]) {
  Deno.test(`StreamRequestHandler.wbufsize ${wbufsize} collects until finish`, async () => {
    const answer = await exchange(
      class extends StreamRequestHandler {
        override wbufsize = wbufsize;
        override async handle() {
          await this.wfile.write("collected ");
          await this.wfile.write("twice");
          await this.request.write(new TextEncoder().encode("first, "));
        }
      },
    );
    assertEquals(answer, "first, collected twice");
  });
}

Deno.test("StreamRequestHandler.wfile sends at once with a wbufsize of 0", async () => {
  const answer = await exchange(
    class extends StreamRequestHandler {
      override async handle() {
        await this.wfile.write("at once, ");
        await this.request.write(new TextEncoder().encode("then"));
      }
    },
  );
  assertEquals(answer, "at once, then");
});

Deno.test("StreamRequestHandler.finish() sends what was collected although handle threw", async () => {
  class Handler extends StreamRequestHandler {
    override wbufsize = -1;
    override async handle() {
      await this.wfile.write("so far");
      throw new Error("failed");
    }
  }
  await using client = connect(Handler);
  assertEquals(await client.text(), "so far");
  await assertRejects(() => client.handled, Error, "failed");
});

Deno.test("StreamRequestHandler.finish() waits for writes that the handler did not wait for", async () => {
  const megabyte = "x".repeat(1 << 20);
  const answer = await exchange(
    class extends StreamRequestHandler {
      override handle() {
        for (let i = 0; i < 4; i++) this.wfile.write(megabyte);
        this.wfile.write("end");
      }
    },
  );
  assertEquals(answer.length, (4 << 20) + 3);
  assertEquals(answer.slice(-4), "xend");
});

Deno.test("StreamRequestHandler.wfile.close() half-closes, and rfile goes on", async () => {
  let heard: string | null = null;
  class Handler extends StreamRequestHandler {
    override async handle() {
      await this.wfile.write("bye");
      await this.wfile.close();
      heard = await this.rfile.readLine();
    }
  }
  await using client = connect(Handler);
  assertEquals(await client.text(), "bye");
  await client.write("still here\n");
  await client.handled;
  assertEquals(heard, "still here");
});

Deno.test("StreamRequestHandler.wfile answers a client that has half-closed", async () => {
  const answer = await exchange(
    class extends StreamRequestHandler {
      override async handle() {
        const lines = await Array.fromAsync(this.rfile.lines());
        await this.wfile.write(`${lines.length} lines`);
      }
    },
    "one\ntwo\nthree",
  );
  assertEquals(answer, "3 lines");
});

Deno.test("StreamRequestHandler.timeout limits each read", async () => {
  class Handler extends StreamRequestHandler {
    override timeout = 0.05;
    override async handle() {
      await this.rfile.readLine();
    }
  }
  await using client = connect(Handler);
  await assertRejects(
    () => client.handled,
    Deno.errors.TimedOut,
    "Cannot read within the timeout: current value is 0.05 seconds",
  );
});

/** How long a read, and a write, may take for each set of the three fields. */
const limits: readonly [
  fields: Partial<
    Pick<StreamRequestHandler, "timeout" | "readTimeout" | "writeTimeout">
  >,
  read: boolean,
  write: boolean,
][] = [
  [{}, false, false],
  [{ timeout: 0.02 }, true, true],
  [{ readTimeout: 0.02 }, true, false],
  [{ writeTimeout: 0.02 }, false, true],
  [{ timeout: 0.02, readTimeout: null }, false, true],
  [{ timeout: 0.02, writeTimeout: Infinity }, true, false],
  [{ timeout: 3600, readTimeout: 0.02, writeTimeout: 0.02 }, true, true],
  [{ timeout: 0.02, readTimeout: undefined }, true, true],
];

for (const [fields, readIsLimited, writeIsLimited] of limits) {
  Deno.test(`StreamRequestHandler limits reads and writes as ${Deno.inspect(fields)} has it`, async () => {
    const source = new HeldSource();
    const sink = new HeldSink();
    const connection = {
      read: (buffer: Uint8Array) => source.read(buffer),
      write: (data: Uint8Array) => sink.write(data),
    };
    const handler = new (class extends StreamRequestHandler {
      override handle() {}
    })(connection as never, {} as never, {} as never);
    Object.assign(handler, fields);
    Object.assign(connection, { closeWrite: () => sink.closeWrite() });
    const outcomes: unknown[] = [];
    const note = (isLimited: boolean, call: Promise<unknown>) =>
      isLimited
        ? assertRejects(() => call, Deno.errors.TimedOut)
        : call.then((value) => outcomes.push(value));
    const all = [
      note(readIsLimited, handler.rfile.readLine()),
      note(writeIsLimited, handler.wfile.write("text")),
    ];
    // Where there is no limit, this is long after the other one has passed.
    if (readIsLimited) await all[0];
    if (writeIsLimited) await all[1];
    await source.give("line\n");
    await sink.take();
    await Promise.all(all);
    const expected = [
      ...readIsLimited ? [] : ["line"],
      ...writeIsLimited ? [] : [4],
    ];
    assertEquals(outcomes, expected);
  });
}

Deno.test("StreamRequestHandler.readTimeout and writeTimeout hold for a client that is slow in one of the two", async () => {
  const outcomes: string[] = [];
  class Handler extends StreamRequestHandler {
    override readTimeout = null;
    override writeTimeout = 0.1;
    override async handle() {
      const line = this.rfile.readLine();
      await this.wfile.write("as much as there is room for");
      await this.wfile.write("more").catch(({ name }) => outcomes.push(name));
      outcomes.push(`${await line}`);
    }
  }
  await using client = connect(Handler, { highWaterMark: 1 });
  await until(() => outcomes.length > 0);
  await client.write("late\n");
  await assertRejects(() => client.handled, Deno.errors.TimedOut);
  assertEquals(outcomes, ["TimedOut", "late"]);
});

/** Adds what the connection was told of Nagle's algorithm to the notes. */
function noteNoDelay(
  connection: StreamRequest,
  notes: (boolean | undefined)[],
): void {
  const setNoDelay = connection.setNoDelay!.bind(connection);
  connection.setNoDelay = (noDelay) => {
    setNoDelay(noDelay);
    notes.push(noDelay);
  };
}

for (const disabled of [true, false]) {
  Deno.test(`StreamRequestHandler.disableNagleAlgorithm ${disabled} is applied to a TCP connection`, async () => {
    const notes: (boolean | undefined)[] = [];
    class Handler extends StreamRequestHandler {
      override disableNagleAlgorithm = disabled;
      override setup() {
        noteNoDelay(this.request, notes);
        return super.setup();
      }
      override async handle() {
        await this.wfile.write("served");
      }
    }
    assertEquals(await exchange(Handler), "served");
    assertEquals(notes, disabled ? [true] : []);
  });
}

Deno.test("StreamRequestHandler.disableNagleAlgorithm is refused by a Unix connection", async () => {
  class Handler extends StreamRequestHandler {
    override disableNagleAlgorithm = true;
  }
  const clientAddress = { transport: "unix", path: "/run/client" } as const;
  await assertRejects(
    () => exchange(Handler, "", { clientAddress }),
    TypeError,
    `Cannot disable Nagle's algorithm as the connection must be TCP: current value is "unix"`,
  );
});

Deno.test("StreamRequestHandler.maxLineLength is that of its rfile, which may be changed", async () => {
  const lengths: number[] = [];
  class Handler extends StreamRequestHandler {
    override maxLineLength = 3;
    override async handle() {
      lengths.push(this.rfile.maxLineLength);
      await assertRejects(() => this.rfile.readLine(), LineTooLongError);
      this.rfile.maxLineLength = 4;
      await this.wfile.write(`${await this.rfile.readLine()}`);
    }
  }
  assertEquals(await exchange(Handler, "1234\n5678\n"), "5678");
  assertEquals(lengths, [3]);
});
