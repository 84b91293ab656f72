import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import {
  AsyncTCPServer,
  BaseRequestHandler,
  ServerStoppingError,
  type StreamRequest,
  StreamRequestHandler,
  UnexpectedEof,
} from "@socketserver/socketserver";
import { connect, type TestClient } from "@socketserver/socketserver/testing";

class EchoHandler extends StreamRequestHandler {
  override async handle() {
    for await (const line of this.rfile.lines()) {
      await this.wfile.write(`${line}\n`);
    }
    await this.wfile.write("bye\n");
  }
}

/** A handler that runs a function. */
function handling(handle: (handler: StreamRequestHandler) => unknown) {
  return class extends StreamRequestHandler {
    override async handle() {
      await handle(this);
    }
  };
}

const textOf = (bytes: Uint8Array | null) => new TextDecoder().decode(bytes!);

Deno.test("connect() lets the client and the handler speak in turn", async () => {
  await using client = connect(EchoHandler);
  for (const line of ["one", "two"]) {
    assertEquals(await client.write(`${line}\n`), 4);
    assertEquals(await client.readLine(), line);
  }
  await client.closeWrite();
  assertEquals(await client.text(), "bye\n");
  assertEquals(await client.readLine(), null);
});

Deno.test("TestClient reads as rfile does", async () => {
  await using client = connect(EchoHandler);
  await client.write(new TextEncoder().encode("abcdef\nrest\n"));
  assertEquals(textOf(await client.read(2)), "ab");
  assertEquals(textOf(await client.readExactly(2)), "cd");
  assertEquals(textOf(await client.readUntil("\n")), "ef\n");
  await client.closeWrite();
  await client.handled;
  await assertRejects(() => client.readExactly(100), UnexpectedEof);
  assertEquals(await client.bytes(), new Uint8Array(0));
});

Deno.test("TestClient.write() keeps what is not awaited in order, and before closeWrite()", async () => {
  await using client = connect(EchoHandler);
  const lines = Array.from({ length: 300 }, (_, i) => `${i}\n`);
  for (const line of lines) client.write(line);
  client.closeWrite();
  assertEquals(await client.text(), `${lines.join("")}bye\n`);
});

Deno.test("TestClient.closeWrite() leaves what the handler writes then", async () => {
  await using client = connect(
    handling(async ({ rfile, wfile }) => {
      const lines = await Array.fromAsync(rfile.lines());
      await wfile.write(`${lines.length} lines`);
    }),
  );
  await client.write("one\ntwo");
  await client.closeWrite();
  assertEquals(await client.text(), "2 lines");
  await assertRejects(() => client.write("more"), Deno.errors.BrokenPipe);
});

Deno.test("TestClient.reset() makes reads reject when they have found what was sent, and writes at once", async () => {
  const heard: unknown[] = [];
  await using client = connect(
    handling(async ({ rfile, wfile, signal }) => {
      heard.push(await rfile.readLine());
      const reading = rfile.readLine();
      heard.push(await reading.catch(({ name }) => name));
      heard.push(await wfile.write("text").catch(({ name }) => name));
      heard.push(signal.reason?.name);
    }),
  );
  await client.write("sent before\nhalf a");
  client.reset();
  // As finish() finds what handle() has caught.
  await assertRejects(() => client.handled, Deno.errors.ConnectionReset);
  const { name } = Deno.errors.ConnectionReset;
  assertEquals(heard, ["sent before", name, name, name]);
});

Deno.test("TestClient.reset() ends a read that waits, and the handler's error is no failure of the test", async () => {
  await using client = connect(EchoHandler);
  await client.write("hello\n");
  assertEquals(await client.readLine(), "hello");
  client.reset();
});

Deno.test("TestClient.close() ends the handler's input, and breaks its writes", async () => {
  const heard: unknown[] = [];
  await using client = connect(
    handling(async ({ rfile, wfile }) => {
      heard.push(await rfile.readLine());
      await wfile.write("text").catch(({ name }) => heard.push(name));
    }),
  );
  client.close();
  await assertRejects(() => client.handled, Deno.errors.BrokenPipe);
  assertEquals(heard, [null, "BrokenPipe"]);
});

Deno.test("TestClient.handled rejects with the handler's error, and what it wrote before can be read", async () => {
  const error = new Error("failed");
  await using client = connect(
    handling(async ({ wfile }) => {
      await wfile.write("so far");
      throw error;
    }),
  );
  assertStrictEquals(await client.handled.catch((it) => it), error);
  assertEquals(await client.text(), "so far");
});

Deno.test("TestClient fails the test at its end if nobody has looked at the handler's error", async () => {
  let client: TestClient;
  await assertRejects(
    async () => {
      await using it = connect(
        handling(() => Promise.reject(new Error("failed"))),
      );
      client = it;
    },
    Error,
    "failed",
  );
  await assertRejects(() => client.handled, Error, "failed");
});

Deno.test("TestClient leaves an assertion's error as it is where the handler misses the rest then", async () => {
  const asserted = new Error("as an assertion throws");
  const error = await assertRejects(async () => {
    await using client = connect(
      handling(({ rfile }) => rfile.readExactly(5, { required: true })),
    );
    await client.write("half");
    throw asserted;
  });
  assertStrictEquals(error, asserted);
  await assertRejects(async () => {
    await using client = connect(handling(({ rfile }) => rfile.readExactly(5)));
    await client.write("half");
    await client.closeWrite(); // the test itself means the half
  }, UnexpectedEof);
});

Deno.test("TestClient waits at its end for a handler that a slow client holds up", async () => {
  let written = 0;
  {
    await using client = connect(
      handling(async ({ wfile }) => {
        for (let i = 0; i < 5; i++) {
          await wfile.write("1234567890");
          written += 10;
        }
      }),
      { highWaterMark: 15 },
    );
    await client.readExactly(10);
  }
  assertEquals(written, 50);
});

Deno.test("TestClient.unread is what the handler has read neither from its connection nor from rfile", async () => {
  const cases: [handle: (handler: StreamRequestHandler) => unknown, string][] =
    [
      [() => {}, "one\ntwo\nthree"],
      [({ rfile }) => rfile.readLine(), "two\nthree"],
      [({ rfile }) => rfile.read(), ""],
      [({ rfile }) => Array.fromAsync(rfile.lines()), ""],
      [({ request }) => request.read(new Uint8Array(5)), "wo\nthree"],
      [async ({ rfile }) => {
        const reader = rfile.getReader();
        await reader.read();
        reader.releaseLock();
      }, ""],
    ];
  for (const [handle, unread] of cases) {
    await using client = connect(handling(handle));
    assertThrows(() => client.unread, TypeError, "await client.handled");
    await client.write("one\ntwo\nthree");
    await client.closeWrite();
    await client.handled;
    assertEquals(textOf(client.unread), unread);
  }
  await using client = connect(handling(({ rfile }) => rfile.readLine()));
  await client.write("line\n");
  await client.handled;
  await client.write("too late");
  assertEquals(textOf(client.unread), "too late");
});

Deno.test("TestClient.unread leaves a read that the handler forgot alone", async () => {
  await using client = connect(handling(({ rfile }) => void rfile.readLine()));
  await client.handled;
  assertEquals(client.unread.length, 0);
});

Deno.test("TestClient.unread leaves an rfile of another kind alone", async () => {
  class OwnHandler extends BaseRequestHandler<StreamRequest> {
    readonly rfile = { read: () => new Promise<null>(() => {}) };
  }
  await using client = connect(OwnHandler);
  await client.write("unread");
  await client.handled;
  assertEquals(textOf(client.unread), "unread");
});

Deno.test("TestClient.shutdown() aborts the handler's signal; ending so is no failure", async () => {
  const reasons: unknown[] = [];
  for (
    const handler of [
      handling(async ({ rfile, signal }) => {
        await rfile.readLine({ signal }).catch((reason) => {
          reasons.push(reason);
          throw reason;
        });
      }),
      async (
        _request: StreamRequest,
        _address: unknown,
        _server: unknown,
        { signal }: { signal: AbortSignal },
      ) => {
        await new Promise((resolve) =>
          signal.addEventListener("abort", resolve)
        );
        reasons.push(signal.reason);
      },
    ]
  ) {
    await using client = connect(handler);
    client.shutdown();
    await client.handled;
  }
  assertEquals(reasons.length, 2);
  for (const reason of reasons) assertInstanceOf(reason, ServerStoppingError);
});

Deno.test("connect() aborts the handler's signal as the option signal has it, also with a server of the test's own", async () => {
  const controller = new AbortController();
  await using client = connect(
    class extends BaseRequestHandler<StreamRequest> {
      override async handle() {
        await new Promise((resolve) =>
          this.signal.addEventListener("abort", resolve)
        );
        throw this.signal.reason;
      }
    },
    { signal: controller.signal, server: {} },
  );
  controller.abort("enough");
  assertEquals(await client.handled.catch((reason) => reason), "enough");
});

Deno.test("connect() gives the handler a server that can be told to stop", async () => {
  await using client = connect(
    handling(async ({ server, signal, wfile }) => {
      await server.shutdown();
      await wfile.write(`${signal.reason?.name} ${server.data}`);
    }),
    { data: "data" },
  );
  assertEquals(await client.text(), "ServerStoppingError data");
});

Deno.test("connect() gives the handler a real server that is not bound, or any other object", async () => {
  class NamedServer extends AsyncTCPServer {
    override readonly data = "its name";
  }
  class NameHandler extends StreamRequestHandler<NamedServer> {
    override async handle() {
      await this.wfile.write(this.server.data);
    }
  }
  const address = { port: 0 };
  const options = { bindAndActivate: false };
  await using server = new NamedServer(address, NameHandler, options);
  for (const given of [server, { data: "its name" }]) {
    await using client = connect(NameHandler, { server: given });
    assertEquals(await client.text(), "its name");
  }
});

Deno.test("connect() closes the connection as the handler does, or else when that has ended", async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const note = ({ name }: Error) => errors.push(name);
  let left: StreamRequest;
  await using client = connect(async (request) => {
    left = request;
    await request.write(new TextEncoder().encode("last"));
    const reading = request.read(new Uint8Array(1)).catch(note);
    request.close();
    request.close();
    await reading;
    await request.read(new Uint8Array(1)).catch(note);
    await request.closeWrite().catch(note);
    await ended;
  });
  assertEquals(await client.text(), "last");
  assertEquals(errors, ["Interrupted", "BadResource", "BadResource"]);
  end();
  await client.handled;
  await assertRejects(
    () => left!.write(new Uint8Array(1)),
    Deno.errors.BadResource,
  );
});

Deno.test("connect() makes a write wait from the high water mark on", async () => {
  let written = 0;
  await using client = connect(
    handling(async ({ wfile }) => {
      for (; written < 100; written++) await wfile.write("12345");
    }),
    { highWaterMark: 10, timeout: 0.01 },
  );
  const error = await assertRejects(() => client.handled, Deno.errors.TimedOut);
  assertEquals(
    error.message,
    "Cannot wait for the handler's end within the timeout as the handler waits for the client to read: current value is 0.01 seconds",
  );
  assertEquals(written, 2);
});

for (
  const [call, text, read] of [
    ["read()", "read", (client: TestClient) => client.read()],
    ["readLine()", "read a line", (client: TestClient) => client.readLine()],
    ["readExactly()", "read 5 bytes", (client) => client.readExactly(5)],
    [
      "readUntil()",
      "read up to a delimiter",
      (client) => client.readUntil("-"),
    ],
    ["text()", "read to the end", (client) => client.text()],
    ["bytes()", "read to the end", (client) => client.bytes()],
  ] satisfies [string, string, (client: TestClient) => Promise<unknown>][]
) {
  Deno.test(`TestClient.${call} rejects when a handler hangs, which is ended`, async () => {
    const told = Promise.withResolvers<unknown>();
    const error = await assertRejects(async () => {
      await using client = connect(
        handling(({ rfile }) => rfile.readLine().catch(told.resolve)),
        { timeout: 0.01 },
      );
      await read(client);
    }, Deno.errors.TimedOut);
    assertEquals(
      error.message,
      `Cannot ${text} within the timeout as the handler waits for input: current value is 0.01 seconds`,
    );
    assertStrictEquals(await told.promise, error);
  });
}

Deno.test("TestClient.handled rejects at once when another wait has taken too long", async () => {
  const client = connect(handling(() => new Promise(() => {})), {
    timeout: 0.01,
  });
  const reading = client.readLine().catch((error) => error);
  const waiting = client.handled.catch((error) => error);
  const error = await reading;
  assertInstanceOf(error, Deno.errors.TimedOut);
  assertStrictEquals(await waiting, error);
  assertStrictEquals(await client.handled.catch((error) => error), error);
  await client[Symbol.asyncDispose]();
});

Deno.test("connect() makes no read wait that has room for nothing", async () => {
  const counts: unknown[] = [];
  await using client = connect(async (request) => {
    counts.push(await request.read(new Uint8Array(0)));
  });
  await client.handled;
  assertEquals(counts, [0]);
});

Deno.test("connect() waits for ever with a timeout of null", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using client = connect(handling(() => promise), { timeout: null });
  const text = client.text();
  resolve();
  assertEquals(await text, "");
});
