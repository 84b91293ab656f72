import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  AsyncUDPServer,
  BaseRequestHandler,
  type StreamRequest,
  StreamRequestHandler,
  TCPServer,
  UDPServer,
} from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ConsoleErrors } from "../fixtures/console_errors.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { WaitingTests } from "../fixtures/waiting_tests.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const OPTIONS = { drainTimeout: 60 };
const LIMIT_MS = 30_000;
const FAILURE = new RangeError("it failed");

function fail(): never {
  throw FAILURE;
}

/** What the server sends to a client until it closes the connection. */
async function answerOf(server: TCPServer): Promise<string> {
  using client = await connectTo(server);
  return await deadline(new Response(client.readable).text(), LIMIT_MS);
}

/** Serves one client, which meets the failure, and then stops. */
async function errorsOf(server: TCPServer): Promise<unknown[]> {
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  assertEquals(await answerOf(server), "");
  await record.nth(1);
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
  await deadline(server.serverClose(), LIMIT_MS);
  assertEquals(server.activeRequests, []);
  return record.errors;
}

const waiting = new WaitingTests("serverClose(), with its last graces");

for (const Server of [TCPServer, AsyncTCPServer]) {
  const failures = {
    "a constructor that throws": class extends BaseRequestHandler {
      readonly failed = fail();
    },
    "a setup() that throws": class extends BaseRequestHandler {
      override setup = fail;
    },
    "a handle() that throws": class extends BaseRequestHandler {
      override handle = fail;
    },
    "a handle() that rejects": class extends BaseRequestHandler {
      override handle = () => Promise.reject(FAILURE);
    },
    "a finish() that throws": class extends BaseRequestHandler {
      override finish = fail;
    },
    "a finish() that rejects": class extends BaseRequestHandler {
      override finish = () => Promise.reject(FAILURE);
    },
    "a function that throws": () => fail(),
    "a function that rejects": () => Promise.reject(FAILURE),
  };
  for (const [name, handler] of Object.entries(failures)) {
    Deno.test(`${Server.name} reports ${name}, and closes`, async () => {
      await using server = new Server(ADDRESS, handler, OPTIONS);
      assertEquals(await errorsOf(server), [FAILURE]);
    });
  }

  Deno.test(`${Server.name} reports a handle() that rejects with undefined`, async () => {
    await using server = new Server(
      ADDRESS,
      () => Promise.reject(undefined),
      OPTIONS,
    );
    assertEquals(await errorsOf(server), [undefined]);
  });

  Deno.test(`${Server.name} reports handle() and finish() together if both throw`, async () => {
    const second = new TypeError("finish failed");
    class FailingHandler extends BaseRequestHandler {
      override handle = fail;
      override finish = () => Promise.reject(second);
    }
    await using server = new Server(ADDRESS, FailingHandler, OPTIONS);
    const [error] = await errorsOf(server);
    assertInstanceOf(error, SuppressedError);
    assertStrictEquals(error.suppressed, FAILURE);
    assertStrictEquals(error.error, second);
  });

  for (const hook of ["verifyRequest", "processRequest"] as const) {
    for (const [how, failing] of [["throws", fail], ["rejects", reject]]) {
      Deno.test(`${Server.name} reports a ${hook}() that ${how}, and closes`, async () => {
        await using server = new Server(ADDRESS, () => {}, OPTIONS);
        Object.assign(server, { [hook]: failing });
        assertEquals(await errorsOf(server), [FAILURE]);
      });
    }
  }

  for (const hook of ["shutdownRequest", "closeRequest"] as const) {
    for (const [how, failing] of [["throws", fail], ["rejects", reject]]) {
      Deno.test(`${Server.name} reports a ${hook}() that ${how}, and closes`, async () => {
        await using server = new Server(ADDRESS, () => {}, OPTIONS);
        Object.assign(server, { [hook]: failing });
        const errors = await errorsOf(server);
        // Python calls the hook again, and this does too where Python does.
        assertEquals(errors, errors.map(() => FAILURE));
      });
    }
  }

  for (const [how, failing] of [["throws", fail], ["rejects", reject]]) {
    Deno.test(`${Server.name} prints the error of a handleError() that ${how} once, and closes`, async () => {
      await using server = new Server(
        ADDRESS,
        () => Promise.reject(new TypeError("handled in vain")),
        OPTIONS,
      );
      Object.assign(server, { handleError: failing });
      using printed = new ConsoleErrors();
      const serving = server.serveForever();
      assertEquals(await answerOf(server), "");
      await deadline(server.serverClose(), LIMIT_MS);
      await serving;
      assertEquals(printed.texts.length, 1);
      assertMatch(printed.texts[0]!, /RangeError: it failed/);
    });
  }

  Deno.test(`${Server.name} goes on after each kind of failure`, async () => {
    const hooks = [
      "verifyRequest",
      "processRequest",
      "finishRequest",
      "shutdownRequest",
      "closeRequest",
      "handleError",
    ] as const;
    await using server = new Server(ADDRESS, async (request) => {
      await request.write(new TextEncoder().encode("served"));
    }, OPTIONS);
    using _printed = new ConsoleErrors();
    const serving = server.serveForever();
    for (const hook of hooks) {
      const working = server[hook];
      Object.assign(server, { [hook]: fail });
      await answerOf(server);
      Object.assign(server, { [hook]: working });
      assertEquals(await answerOf(server), "served", hook);
    }
    await server.shutdown();
    await serving;
  });

  Deno.test(`${Server.name} reports a serviceActions() that throws, and goes on`, async () => {
    await using server = new Server(ADDRESS, async (request) => {
      await request.write(new TextEncoder().encode("served"));
    }, OPTIONS);
    const record = new ErrorRecord(server);
    server.serviceActions = fail;
    const serving = server.serveForever({ pollInterval: 0.01 });
    assertStrictEquals(await record.nth(2), FAILURE);
    assertEquals(await answerOf(server), "served");
    await server.shutdown();
    await serving;
  });

  Deno.test(`${Server.name}.handleRequest() rejects with what handleTimeout() throws`, async () => {
    await using server = new Server(ADDRESS, () => {}, { timeout: 0 });
    server.handleTimeout = fail;
    const outcome = deadline(server.handleRequest(), LIMIT_MS);
    assertStrictEquals(await assertRejects(() => outcome), FAILURE);
  });

  waiting.test(`${Server.name}.serverClose() gives up a handle() that never returns`, async () => {
    const handling = Promise.withResolvers<void>();
    await using server = new Server(ADDRESS, () => {
      handling.resolve();
      return new Promise(() => {});
    }, { drainTimeout: 0.05 });
    const serving = server.serveForever();
    using client = await connectTo(server);
    await deadline(handling.promise, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
    const end = client.read(new Uint8Array(1));
    assertEquals(await deadline(end, LIMIT_MS), null);
  });

  waiting.test(`${Server.name}.serverClose() ends a handle() that waits for its client`, async () => {
    const handling = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    class WaitingHandler extends StreamRequestHandler {
      override async handle() {
        const line = this.rfile.readLine();
        handling.resolve();
        await line;
      }
      override finish() {
        ended.resolve();
        return super.finish();
      }
    }
    await using server = new Server(ADDRESS, WaitingHandler, {
      drainTimeout: 0.05,
    });
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using _client = await connectTo(server);
    await deadline(handling.promise, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
    await deadline(ended.promise, LIMIT_MS);
    assertInstanceOf(await record.nth(1), Deno.errors.Interrupted);
  });

  waiting.test(`${Server.name}.serverClose() ends a handle() that waits to write`, async () => {
    const handling = Promise.withResolvers<void>();
    class WaitingHandler extends StreamRequestHandler {
      override async handle() {
        handling.resolve();
        for (;;) await this.wfile.write(new Uint8Array(1_048_576));
      }
    }
    await using server = new Server(ADDRESS, WaitingHandler, {
      drainTimeout: 0.05,
    });
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using _client = await connectTo(server);
    await deadline(handling.promise, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
    assertInstanceOf(await record.nth(1), Error);
  });

  for (const hook of ["verifyRequest", "shutdownRequest"] as const) {
    waiting.test(`${Server.name}.serverClose() gives up a ${hook}() that never returns`, async () => {
      const called = Promise.withResolvers<void>();
      await using server = new Server(ADDRESS, () => {}, {
        drainTimeout: 0.05,
      });
      Object.assign(server, {
        [hook]: () => {
          called.resolve();
          return new Promise(() => {});
        },
      });
      const serving = server.serveForever();
      using client = await connectTo(server);
      await deadline(called.promise, LIMIT_MS);
      await deadline(server.serverClose(), LIMIT_MS);
      await deadline(serving, LIMIT_MS);
      const end = client.read(new Uint8Array(1));
      assertEquals(await deadline(end, LIMIT_MS), null);
    });
  }

  waiting.test(`${Server.name}.serverClose() gives up a handleError() that never returns`, async () => {
    const called = Promise.withResolvers<void>();
    await using server = new Server(ADDRESS, fail, { drainTimeout: 0.05 });
    server.handleError = () => {
      called.resolve();
      return new Promise(() => {});
    };
    const serving = server.serveForever();
    using client = await connectTo(server);
    await deadline(called.promise, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
    const end = client.read(new Uint8Array(1));
    assertEquals(await deadline(end, LIMIT_MS), null);
  });
}

function reject(): Promise<never> {
  return Promise.reject(FAILURE);
}

for (const Server of [UDPServer, AsyncUDPServer]) {
  Deno.test(`${Server.name} reports a handle() that throws, and goes on`, async () => {
    await using server = new Server(ADDRESS, async ([data, socket], client) => {
      if (data[0] === 0) fail();
      await socket.send(data, client);
    }, OPTIONS);
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    using client = datagramClient();
    await client.socket.send(new Uint8Array([0]), server.serverAddress);
    await record.nth(1);
    await client.socket.send(new Uint8Array([1]), server.serverAddress);
    const [reply] = await deadline(client.socket.receive(), LIMIT_MS);
    assertEquals(reply, new Uint8Array([1]));
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(record.errors, [FAILURE]);
  });

  waiting.test(`${Server.name}.serverClose() gives up a handle() that never returns`, async () => {
    const handling = Promise.withResolvers<void>();
    await using server = new Server(ADDRESS, () => {
      handling.resolve();
      return new Promise(() => {});
    }, { drainTimeout: 0.05 });
    const serving = server.serveForever();
    using client = datagramClient();
    await client.socket.send(new Uint8Array([0]), server.serverAddress);
    await deadline(handling.promise, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
  });
}

function datagramClient(): { socket: Deno.DatagramConn } & Disposable {
  const socket = Deno.listenDatagram({ transport: "udp", ...ADDRESS });
  return { socket, [Symbol.dispose]: () => socket.close() };
}

Deno.test("TCPServer does not call finish() if setup() throws", async () => {
  const called: string[] = [];
  class FailingHandler extends BaseRequestHandler<StreamRequest> {
    override setup() {
      called.push("setup");
      fail();
    }
    override handle() {
      called.push("handle");
    }
    override finish() {
      called.push("finish");
    }
  }
  await using server = new TCPServer(ADDRESS, FailingHandler, OPTIONS);
  await errorsOf(server);
  assertEquals(called, ["setup"]);
});

Deno.test("TCPServer.handleError() prints a stack for an error that the client did not cause", async () => {
  await using server = new TCPServer(ADDRESS, fail, OPTIONS);
  using printed = new ConsoleErrors();
  using client = await connectTo(server);
  await deadline(server.handleRequest(), LIMIT_MS);
  assertEquals(printed.texts.length, 1);
  const { port } = client.localAddr;
  assertMatch(printed.texts[0]!, new RegExp(`from 127.0.0.1:${port}\n`));
  assertMatch(printed.texts[0]!, /RangeError: it failed\n +at /);
});
