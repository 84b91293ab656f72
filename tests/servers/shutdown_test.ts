import { assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { AsyncTCPServer, TCPServer } from "@socketserver/socketserver";
import { ChildProgram } from "../fixtures/child_program.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { serverMakers, serverNames } from "../fixtures/every_server.ts";
import { StreamLineEchoHandler } from "../fixtures/handlers/line_echo_handlers.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const OPTIONS = { drainTimeout: 1 };
const LIMIT_MS = 30_000;
const isWindows = Deno.build.os === "windows";

class GreetingServer extends TCPServer {
  constructor() {
    super(ADDRESS, async (request) => {
      await request.write(new TextEncoder().encode("served"));
    }, OPTIONS);
  }
}

async function assertServes(server: TCPServer): Promise<void> {
  using client = await connectTo(server);
  const answer = new Response(client.readable).text();
  assertEquals(await deadline(answer, LIMIT_MS), "served");
}

for (const Server of [TCPServer, AsyncTCPServer]) {
  Deno.test(`${Server.name}.shutdown() can be awaited by a handler, which goes on`, async () => {
    await using server = new Server(ADDRESS, async (request) => {
      await server.shutdown();
      await request.write(new TextEncoder().encode("served"));
    }, OPTIONS);
    const serving = server.serveForever();
    await assertServes(server);
    await deadline(serving, LIMIT_MS);
  });

  const hooks = [
    "getRequest",
    "verifyRequest",
    "processRequest",
    "finishRequest",
    "shutdownRequest",
    "closeRequest",
    "serviceActions",
  ] as const;
  for (const hook of hooks) {
    Deno.test(`${Server.name}.shutdown() can be awaited by ${hook}()`, async () => {
      await using server = new Server(ADDRESS, () => {}, OPTIONS);
      const record = new ErrorRecord(server);
      const original = server[hook].bind(server) as (
        ...args: unknown[]
      ) => unknown;
      Object.assign(server, {
        [hook]: async (...args: unknown[]) => {
          await server.shutdown();
          return await original(...args);
        },
      });
      const serving = server.serveForever({ pollInterval: 0.01 });
      using _client = await connectTo(server);
      await deadline(serving, LIMIT_MS);
      await deadline(server.serverClose(), LIMIT_MS);
      assertEquals(record.errors, []);
    });
  }

  Deno.test(`${Server.name}.shutdown() can be awaited by handleError()`, async () => {
    await using server = new Server(ADDRESS, () => {
      throw new RangeError("handle failed");
    }, OPTIONS);
    server.handleError = () => server.shutdown();
    const serving = server.serveForever();
    using client = await connectTo(server);
    await deadline(serving, LIMIT_MS);
    const end = client.read(new Uint8Array(1));
    assertEquals(await deadline(end, LIMIT_MS), null);
  });
}

for (const name of serverNames) {
  Deno.test(`${name}.shutdown() ends serveForever(), which can be called again`, async () => {
    using folder = new TemporaryFolder();
    await using server = serverMakers[name](
      folder.path,
      () => {},
      OPTIONS,
    );
    for (let run = 0; run < 3; run++) {
      const serving = server.serveForever();
      await deadline(server.shutdown(), LIMIT_MS);
      await deadline(serving, LIMIT_MS);
    }
  });

  Deno.test(`${name}.shutdown() lets a program end that has nothing else to do`, async () => {
    using folder = new TemporaryFolder();
    await using child = ChildProgram.fixture(
      "shut_down_server.ts",
      name,
      folder.path,
    );
    assertEquals(await child.line(), "stopped");
    assertEquals((await child.ended()).code, 0);
  });
}

Deno.test("TCPServer.shutdown() twice resolves twice", async () => {
  await using server = new GreetingServer();
  const serving = server.serveForever();
  await deadline(server.shutdown(), LIMIT_MS);
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
});

Deno.test("TCPServer.shutdown() resolves for all who call it at once", async () => {
  await using server = new GreetingServer();
  const serving = server.serveForever();
  const calls = [server.shutdown(), server.shutdown(), server.shutdown()];
  await deadline(Promise.all(calls), LIMIT_MS);
  await serving;
});

Deno.test("TCPServer.shutdown() before serveForever() changes nothing", async () => {
  await using server = new GreetingServer();
  await deadline(server.shutdown(), LIMIT_MS);
  const serving = server.serveForever();
  await assertServes(server);
  await server.shutdown();
  await serving;
});

Deno.test("TCPServer.shutdown() after serveForever() does not stop the next run", async () => {
  await using server = new GreetingServer();
  const first = server.serveForever();
  await server.shutdown();
  await first;
  await server.shutdown();
  const second = server.serveForever();
  await assertServes(server);
  await server.shutdown();
  await second;
});

Deno.test("TCPServer.shutdown() right after serveForever() does not stop the next run", async () => {
  await using server = new GreetingServer();
  const first = server.serveForever();
  const stopped = server.shutdown();
  await deadline(Promise.all([first, stopped]), LIMIT_MS);
  const second = server.serveForever();
  await assertServes(server);
  await server.shutdown();
  await second;
});

Deno.test("TCPServer.shutdown() leaves clients waiting for the next run", async () => {
  await using server = new GreetingServer();
  const first = server.serveForever();
  await assertServes(server);
  await server.shutdown();
  await first;
  const clients = [assertServes(server), assertServes(server)];
  const second = server.serveForever();
  await deadline(Promise.all(clients), LIMIT_MS);
  await server.shutdown();
  await second;
});

Deno.test("TCPServer.shutdown() does not stop handleRequest()", async () => {
  await using server = new GreetingServer();
  const handled = server.handleRequest();
  await deadline(server.shutdown(), LIMIT_MS);
  await assertServes(server);
  await deadline(handled, LIMIT_MS);
});

Deno.test("TCPServer.shutdown() waits for the handler that is running", async () => {
  const events: string[] = [];
  const handling = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using server = new TCPServer(ADDRESS, async () => {
    handling.resolve();
    await release.promise;
    events.push("handled");
  }, OPTIONS);
  const serving = server.serveForever().then(() => events.push("served"));
  using _client = await connectTo(server);
  await deadline(handling.promise, LIMIT_MS);
  const stopped = server.shutdown();
  release.resolve();
  await deadline(stopped, LIMIT_MS);
  await serving;
  assertEquals(events, ["handled", "served"]);
});

Deno.test("AsyncTCPServer.shutdown() does not wait for handlers", async () => {
  const handling = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using server = new AsyncTCPServer(ADDRESS, async (request) => {
    handling.resolve();
    await release.promise;
    await request.write(new TextEncoder().encode("served"));
  });
  const serving = server.serveForever();
  const served = assertServes(server);
  await deadline(handling.promise, LIMIT_MS);
  await deadline(server.shutdown(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  assertEquals(server.activeRequests.length, 1);
  release.resolve();
  await served;
});

Deno.test({
  name: "TCPServer.shutdown() can be called by a signal listener",
  ignore: isWindows,
  async fn() {
    await using child = ChildProgram.fixture("serving_program.ts", "TCPServer");
    await child.line();
    child.kill("SIGTERM");
    assertEquals(await child.line(), "stopped");
    assertEquals((await child.ended()).code, 0);
  },
});

Deno.test("TCPServer.serveForever() ends when its signal is aborted", async () => {
  await using server = new GreetingServer();
  const controller = new AbortController();
  const serving = server.serveForever({ signal: controller.signal });
  await assertServes(server);
  controller.abort();
  await deadline(serving, LIMIT_MS);
});

Deno.test("TCPServer.serveForever() ends at once when its signal has been aborted", async () => {
  let asked = 0;
  await using server = new GreetingServer();
  server.getRequest = () => {
    asked++;
    return new Promise(() => {});
  };
  const serving = server.serveForever({ signal: AbortSignal.abort() });
  await deadline(serving, LIMIT_MS);
  assertEquals(asked, 0);
});

Deno.test("TCPServer.serveForever() is not ended by the signal of an earlier run", async () => {
  await using server = new GreetingServer();
  const controller = new AbortController();
  const first = server.serveForever({ signal: controller.signal });
  await server.shutdown();
  await first;
  const second = server.serveForever();
  controller.abort();
  await assertServes(server);
  await server.shutdown();
  await second;
});

Deno.test("TCPServer.serveForever() rejects while the server is serving", async () => {
  await using server = new GreetingServer();
  const serving = server.serveForever();
  await assertRejects(() => server.serveForever(), Deno.errors.Busy);
  await assertServes(server);
  await server.shutdown();
  await serving;
});

Deno.test("TCPServer.handleRequest() rejects while the server is waiting for a request", async () => {
  await using server = new GreetingServer();
  const serving = server.serveForever();
  await assertServes(server);
  await assertRejects(() => server.handleRequest(), Deno.errors.Busy);
  await assertServes(server);
  await server.shutdown();
  await serving;
});

Deno.test("TCPServer.serveForever() goes on after a handleRequest() called meanwhile", async () => {
  const calls: Promise<void>[] = [];
  await using server = new TCPServer(ADDRESS, async (request) => {
    if (calls.length === 0) calls.push(server.handleRequest().catch(() => {}));
    await request.write(new TextEncoder().encode("served"));
  }, OPTIONS);
  const serving = server.serveForever();
  const ended = serving.then(() => undefined, (error) => error);
  const served = (async () => {
    for (let client = 0; client < 5; client++) await assertServes(server);
  })();
  assertEquals(
    await deadline(Promise.race([served, ended]), LIMIT_MS),
    undefined,
  );
  await server.shutdown();
  await serving;
  await Promise.all(calls);
});

Deno.test("TCPServer.serveForever() rejects on a server that is not bound", async () => {
  await using child = ChildProgram.fixture("unbound_server.ts");
  assertEquals(await child.line(), "NotConnected");
});

Deno.test("TCPServer.handleRequest() rejects on a server that is not bound", async () => {
  await using server = new TCPServer(ADDRESS, () => {}, {
    bindAndActivate: false,
  });
  const outcome = deadline(server.handleRequest(), LIMIT_MS);
  await assertRejects(() => outcome, Deno.errors.NotConnected);
});

Deno.test("TCPServer can be started and stopped 20 times", async () => {
  await using server = new GreetingServer();
  for (let run = 0; run < 20; run++) {
    const serving = server.serveForever();
    if (run % 2 === 0) await assertServes(server);
    await deadline(server.shutdown(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
  }
});

// CPython's test_shutdown: issue 2302, a race between start and stop.
Deno.test("20 servers can be started and stopped at once", async () => {
  const races = Array.from({ length: 20 }, async () => {
    await using server = new GreetingServer();
    const serving = server.serveForever({ pollInterval: 0.01 });
    const stopped = server.shutdown();
    await Promise.all([serving, stopped, server.serverClose()]);
  });
  await deadline(Promise.all(races), LIMIT_MS);
});

for (const name of ["TCPServer", "UnixStreamServer"]) {
  Deno.test({
    name: `${name}.serveForever() keeps the program alive`,
    ignore: isWindows && name.includes("Unix"),
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      await using child = ChildProgram.fixture(
        "serving_program.ts",
        name,
        path,
      );
      const address = JSON.parse((await child.line())!);
      for (const line of ["one\n", "two\n", "three\n"]) {
        using client = await Deno.connect(address as Deno.ConnectOptions);
        await client.write(new TextEncoder().encode(line));
        const answer = new Response(client.readable).text();
        assertEquals(await deadline(answer, LIMIT_MS), line);
      }
    },
  });
}

for (const name of ["UDPServer", "UnixDatagramServer"]) {
  Deno.test({
    name: `${name}.serveForever() keeps the program alive`,
    ignore: isWindows && name.includes("Unix"),
    async fn() {
      using folder = new TemporaryFolder();
      await using child = ChildProgram.fixture(
        "serving_program.ts",
        name,
        `${folder.path}/socket`,
      );
      const address = JSON.parse((await child.line())!);
      const client = name === "UDPServer"
        ? Deno.listenDatagram({ transport: "udp", ...ADDRESS })
        : Deno.listenDatagram({
          transport: "unixpacket",
          path: `${folder.path}/client`,
        });
      for (const line of ["one\n", "two\n", "three\n"]) {
        await client.send(new TextEncoder().encode(line), address);
        const [reply] = await deadline(client.receive(), LIMIT_MS);
        assertEquals(new TextDecoder().decode(reply), line);
      }
      client.close();
    },
  });
}

/** Counts the timers that are set until it is disposed of. */
function countTimers(): { count: number } & Disposable {
  const { setTimeout, setInterval } = globalThis;
  const timers = {
    count: 0,
    [Symbol.dispose]: () => {
      Object.assign(globalThis, { setTimeout, setInterval });
    },
  };
  for (const [name, set] of Object.entries({ setTimeout, setInterval })) {
    Object.assign(globalThis, {
      [name]: (callback: () => void, delay: number) => {
        timers.count++;
        return set(callback, delay);
      },
    });
  }
  return timers;
}

Deno.test("TCPServer.serveForever() sets no timer if there are no serviceActions()", async () => {
  await using server = new TCPServer(ADDRESS, StreamLineEchoHandler);
  using timers = countTimers();
  const serving = server.serveForever();
  using client = await connectTo(server);
  await client.write(new TextEncoder().encode("served\n"));
  await client.closeWrite();
  assertEquals(await new Response(client.readable).text(), "served\n");
  assertEquals(timers.count, 0);
  await server.shutdown();
  await serving;
});

Deno.test("TCPServer.serveForever() sets one timer for serviceActions()", async () => {
  await using server = new GreetingServer();
  const called = Promise.withResolvers<void>();
  let calls = 0;
  server.serviceActions = () => {
    if (++calls === 5) called.resolve();
  };
  using timers = countTimers();
  const serving = server.serveForever({ pollInterval: 0.001 });
  await called.promise;
  assertEquals(timers.count, 1);
  await server.shutdown();
  await serving;
});

for (const Server of [TCPServer, AsyncTCPServer]) {
  Deno.test(`${Server.name}.serveForever() calls getRequest() once for each request`, async () => {
    let asked = 0;
    const again = Promise.withResolvers<void>();
    await using server = new Server(ADDRESS, async (request) => {
      await request.write(new TextEncoder().encode("served"));
    }, OPTIONS);
    const getRequest = server.getRequest.bind(server);
    server.getRequest = () => {
      if (++asked === 11) again.resolve();
      return getRequest();
    };
    const serving = server.serveForever();
    for (let client = 0; client < 10; client++) await assertServes(server);
    await deadline(again.promise, LIMIT_MS);
    await server.shutdown();
    await serving;
    assertEquals(asked, 11);
  });
}

Deno.test("TCPServer.serviceActions() is called without another getRequest()", async () => {
  const called = Promise.withResolvers<void>();
  let calls = 0;
  let asked = 0;
  await using server = new GreetingServer();
  const getRequest = server.getRequest.bind(server);
  server.getRequest = () => {
    asked++;
    return getRequest();
  };
  server.serviceActions = () => {
    if (++calls === 5) called.resolve();
  };
  const serving = server.serveForever({ pollInterval: 0.001 });
  await deadline(called.promise, LIMIT_MS);
  await server.shutdown();
  await serving;
  assertNotEquals(asked, 0);
  assertEquals(asked, 1);
});

for (const method of ["ref", "unref"] as const) {
  Deno.test(`TCPServer.serveForever() can be called again after a ${method}() of its socket that throws`, async () => {
    await using server = new GreetingServer();
    const { socket } = server;
    const working = socket[method];
    socket[method] = () => {
      throw new RangeError("it failed");
    };
    const serving = server.serveForever();
    const rejected = assertRejects(() => serving, RangeError, "it failed");
    await deadline(server.shutdown(), LIMIT_MS);
    await deadline(rejected, LIMIT_MS);
    socket[method] = working;
    const again = server.serveForever();
    await assertServes(server);
    await deadline(server.shutdown(), LIMIT_MS);
    await deadline(again, LIMIT_MS);
  });
}
