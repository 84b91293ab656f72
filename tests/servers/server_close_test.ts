import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { retry } from "@std/async/retry";
import {
  AsyncTCPServer,
  TCPServer,
  UDPServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { bindAgain } from "../fixtures/bind_again.ts";
import { ChildProgram } from "../fixtures/child_program.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { serverMakers, serverNames } from "../fixtures/every_server.ts";
import { overrideExecutor } from "../fixtures/override_executor.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";
import { ownAddress } from "../fixtures/own_address.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;
const FAILURE = new RangeError("it failed");

/**
 * Asserts that nobody listens any more. A process that another test starts in
 * this moment has a copy of every socket, until it becomes its program.
 */
async function assertRefuses(server: TCPServer): Promise<void> {
  const connect = async () => (await connectTo(server)).close();
  const refusal = retry(
    () => assertRejects(connect, Deno.errors.ConnectionRefused),
    { maxAttempts: 100, minTimeout: 10, maxTimeout: 200 },
  );
  await deadline(refusal, LIMIT_MS);
}

for (const name of serverNames) {
  const make = serverMakers[name];

  Deno.test(`${name}.serverClose() ends serveForever()`, async () => {
    using folder = new TemporaryFolder();
    await using server = make(folder.path, () => {});
    const serving = server.serveForever();
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
  });

  Deno.test(`${name}.serverClose() ends handleRequest()`, async () => {
    using folder = new TemporaryFolder();
    await using server = make(folder.path, () => {});
    const handled = server.handleRequest();
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(handled, LIMIT_MS);
  });

  Deno.test(`${name}.serverClose() can be called before anything else`, async () => {
    using folder = new TemporaryFolder();
    const server = make(folder.path, () => {});
    await deadline(server.serverClose(), LIMIT_MS);
  });

  Deno.test(`${name}.serverClose() can be called on a server that is not bound`, async () => {
    using folder = new TemporaryFolder();
    const server = make(folder.path, () => {}, {
      bindAndActivate: false,
    });
    await deadline(server.serverClose(), LIMIT_MS);
  });

  Deno.test(`${name}.serverClose() can be called after shutdown()`, async () => {
    using folder = new TemporaryFolder();
    const server = make(folder.path, () => {});
    const serving = server.serveForever();
    await deadline(server.shutdown(), LIMIT_MS);
    await serving;
    await deadline(server.serverClose(), LIMIT_MS);
  });

  Deno.test(`${name}.serverClose() can be called any number of times`, async () => {
    using folder = new TemporaryFolder();
    const server = make(folder.path, () => {});
    const serving = server.serveForever();
    const both = [server.serverClose(), server.serverClose()];
    await deadline(Promise.all(both), LIMIT_MS);
    await serving;
    await deadline(server.serverClose(), LIMIT_MS);
  });

  Deno.test(`${name}.serveForever() rejects after serverClose()`, async () => {
    using folder = new TemporaryFolder();
    const server = make(folder.path, () => {});
    await server.serverClose();
    await assertRejects(() => server.serveForever(), Deno.errors.BadResource);
  });

  Deno.test(`${name}.handleRequest() rejects after serverClose()`, async () => {
    using folder = new TemporaryFolder();
    const server = make(folder.path, () => {});
    await server.serverClose();
    await assertRejects(() => server.handleRequest(), Deno.errors.BadResource);
  });

  Deno.test(`${name}.serverClose() resolves after shutdown() in a program that has nothing else to do`, async () => {
    using folder = new TemporaryFolder();
    await using child = ChildProgram.fixture(
      "shut_down_server.ts",
      name,
      folder.path,
      "close",
    );
    assertEquals(await child.line(), "stopped");
    assertEquals(await child.line(), "closed");
    assertEquals((await child.ended()).code, 0);
  });

  Deno.test(`${name} closes at the end of an await using`, async () => {
    using folder = new TemporaryFolder();
    const serving = await (async () => {
      await using server = make(folder.path, () => {});
      return [server.serveForever()];
    })();
    await deadline(Promise.all(serving), LIMIT_MS);
  });
}

for (const Server of [TCPServer, AsyncTCPServer]) {
  Deno.test(`${Server.name}.serverClose() can be awaited by a handler`, async () => {
    const events: string[] = [];
    await using server = new Server(ADDRESS, async (request) => {
      await server.serverClose();
      events.push("closed");
      await request.write(new TextEncoder().encode("bye"));
    }, { drainTimeout: 5 });
    const serving = server.serveForever();
    using client = await connectTo(server);
    const answer = new Response(client.readable).text();
    assertEquals(await deadline(answer, LIMIT_MS), "bye");
    await deadline(serving, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    assertEquals(events, ["closed"]);
  });

  for (
    const hook of ["verifyRequest", "closeRequest"] as const
  ) {
    Deno.test(`${Server.name}.serverClose() can be awaited by ${hook}()`, async () => {
      await using server = new Server(ADDRESS, () => {}, { drainTimeout: 5 });
      const record = new ErrorRecord(server);
      const original = server[hook].bind(server) as (
        ...args: unknown[]
      ) => unknown;
      Object.assign(server, {
        [hook]: async (...args: unknown[]) => {
          const result = original(...args);
          await server.serverClose();
          return await result;
        },
      });
      const serving = server.serveForever();
      using client = await connectTo(server);
      const end = client.read(new Uint8Array(1)).catch(() => null);
      assertEquals(await deadline(end, LIMIT_MS), null);
      await deadline(serving, LIMIT_MS);
      await deadline(server.serverClose(), LIMIT_MS);
      assertEquals(record.errors, []);
    });
  }

  Deno.test(`${Server.name}.serverClose() can be awaited by getRequest()`, async () => {
    await using server = new Server(ADDRESS, () => {}, { drainTimeout: 5 });
    const getRequest = server.getRequest.bind(server);
    server.getRequest = async () => {
      const request = getRequest();
      await server.serverClose();
      return request;
    };
    await deadline(server.serveForever(), LIMIT_MS);
  });

  Deno.test(`${Server.name}.serverClose() waits for a handler`, async () => {
    const events: string[] = [];
    const handling = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await using server = new Server(ownAddress(), async () => {
      handling.resolve();
      await release.promise;
      events.push("handled");
    });
    const serving = server.serveForever();
    using _client = await connectTo(server);
    await deadline(handling.promise, LIMIT_MS);
    const closed = server.serverClose().then(() => events.push("closed"));
    // Refused by now, although the handler goes on.
    await assertRefuses(server);
    release.resolve();
    await deadline(closed, LIMIT_MS);
    await deadline(serving, LIMIT_MS);
    // One that asked whether it is refused may have been in time.
    assertEquals([events[0], events.at(-1)], ["handled", "closed"]);
    assertEquals(events.filter((event) => event === "closed").length, 1);
    assertEquals(server.activeRequests, []);
  });

  Deno.test(`${Server.name}.serverClose() leaves a handler alone without blockOnClose`, async () => {
    const handling = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await using server = new Server(ADDRESS, async (request) => {
      handling.resolve();
      await release.promise;
      await request.write(new TextEncoder().encode("still here"));
    }, { blockOnClose: false });
    const serving = server.serveForever();
    using client = await connectTo(server);
    await deadline(handling.promise, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    assertEquals(server.activeRequests.length, 1);
    release.resolve();
    const answer = new Response(client.readable).text();
    assertEquals(await deadline(answer, LIMIT_MS), "still here");
    await until(() => server.activeRequests.length === 0);
    await deadline(serving, LIMIT_MS);
  });

  Deno.test(`${Server.name}.serverClose() waits for a handler that ends within drainTimeout`, async () => {
    const handling = Promise.withResolvers<void>();
    const release = Promise.withResolvers<void>();
    await using server = new Server(ADDRESS, async (request) => {
      handling.resolve();
      await release.promise;
      await request.write(new TextEncoder().encode("in time"));
    }, { drainTimeout: 60 });
    const serving = server.serveForever();
    using client = await connectTo(server);
    await deadline(handling.promise, LIMIT_MS);
    const closed = server.serverClose();
    release.resolve();
    await deadline(closed, LIMIT_MS);
    const answer = new Response(client.readable).text();
    assertEquals(await deadline(answer, LIMIT_MS), "in time");
    await serving;
  });

  Deno.test(`${Server.name}.serverClose() ends handleRequest() with drainTimeout, whatever the handler does`, async () => {
    const handling = Promise.withResolvers<void>();
    await using server = new Server(ADDRESS, () => {
      handling.resolve();
      return new Promise(() => {});
    }, { drainTimeout: 0.05 });
    const handled = server.handleRequest();
    using _client = await connectTo(server);
    await deadline(handling.promise, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(handled, LIMIT_MS);
  });

  Deno.test(`${Server.name}.serverClose() can be called when a run has failed`, async () => {
    const server = new Server(ADDRESS, () => {});
    const error = Object.assign(new Error("broken"), { code: "EBADF" });
    server.getRequest = () => Promise.reject(error);
    const serving = deadline(server.serveForever(), LIMIT_MS);
    await assertRejects(() => serving, Error, "broken");
    await deadline(server.serverClose(), LIMIT_MS);
  });
}

Deno.test("TCPServer.serverClose() refuses further clients", async () => {
  const server = new TCPServer(ownAddress(), () => {});
  await server.serverClose();
  await assertRefuses(server);
});

Deno.test("TCPServer.serverClose() frees the port", async () => {
  const server = new TCPServer(ownAddress(), () => {});
  await server.serverClose();
  await using second = await bindAgain(() =>
    new TCPServer(server.serverAddress, () => {})
  );
  assertEquals(second.serverAddress, server.serverAddress);
});

Deno.test("TCPServer.serverClose() releases a client that came after shutdown()", async () => {
  const waiting = Promise.withResolvers<void>();
  let handled = 0;
  await using server = new TCPServer(ADDRESS, () => handled++);
  const getRequest = server.getRequest.bind(server);
  const accepted = Promise.withResolvers<void>();
  server.getRequest = async () => {
    const request = getRequest();
    waiting.resolve();
    await request;
    accepted.resolve();
    return request;
  };
  const serving = server.serveForever();
  await deadline(waiting.promise, LIMIT_MS);
  await server.shutdown();
  await serving;
  using client = await connectTo(server);
  await deadline(accepted.promise, LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
  const end = client.read(new Uint8Array(1));
  assertEquals(await deadline(end, LIMIT_MS), null);
  assertEquals(handled, 0);
});

Deno.test("TCPServer.serveForever() ends when its socket is closed", async () => {
  await using server = new TCPServer(ADDRESS, () => {});
  const serving = server.serveForever();
  server.socket.close();
  await deadline(serving, LIMIT_MS);
});

Deno.test("TCPServer.serverClose() can follow a handler that closed the connection itself", async () => {
  await using server = new TCPServer(ADDRESS, (request) => request.close());
  const record = new ErrorRecord(server);
  using _client = await connectTo(server);
  await deadline(server.handleRequest(), LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
  assertEquals(record.errors, []);
});

Deno.test("AsyncTCPServer.serverClose() closes 100 connections that are left", async () => {
  await using server = new AsyncTCPServer(ADDRESS, async (request) => {
    await request.write(new Uint8Array(1));
    await request.read(new Uint8Array(1));
  }, { drainTimeout: 0.05 });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  const clients = await Promise.all(
    Array.from({ length: 100 }, () => connectTo(server)),
  );
  const byte = new Uint8Array(1);
  const greetings = Promise.all(clients.map((client) => client.read(byte)));
  await deadline(greetings, LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
  await serving;
  const ends = Promise.all(clients.map((client) => client.read(byte)));
  assertEquals(await deadline(ends, LIMIT_MS), clients.map(() => null));
  await record.nth(100);
  for (const client of clients) client.close();
});

Deno.test({
  name: "UnixStreamServer.serverClose() removes the socket file",
  ignore: Deno.build.os === "windows",
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    const server = new UnixStreamServer({ path }, () => {});
    await server.serverClose();
    await assertRejects(() => Deno.lstat(path), Deno.errors.NotFound);
  },
});

/** A server whose listener can be made to fail; it tells what is done to it. */
async function withOwnListener(
  methods: Partial<Record<"close" | "ref", () => void>>,
) {
  const listener = Deno.listen(ADDRESS);
  const calls: string[] = [];
  let isServing = false;
  for (const name of ["close", "ref"] as const) {
    const own = listener[name].bind(listener);
    listener[name] = () => {
      calls.push(name);
      own();
      if (isServing) methods[name]?.();
    };
  }
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const server = new AsyncTCPServer(ADDRESS, () => {
    begun.resolve();
    return held.promise;
  }, { socket: listener });
  const serving = server.serveForever();
  const client = await connectTo(server);
  await begun.promise;
  calls.length = 0;
  isServing = true;
  return { server, serving, client, calls, release: held.resolve };
}

function fail(): never {
  throw FAILURE;
}

Deno.test("AsyncTCPServer.serverClose() closes its listener once", async () => {
  const { server, serving, client, calls, release } = await withOwnListener({});
  release();
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  await deadline(server.serverClose(), LIMIT_MS);
  assertEquals(calls, ["ref", "close"]);
  client.close();
});

for (const method of ["close", "ref"] as const) {
  Deno.test(`AsyncTCPServer.serverClose() rejects with what ${method}() of its listener throws, when its requests have ended`, async () => {
    const { server, serving, client, release } = await withOwnListener({
      [method]: fail,
    });
    using rejections = new UnhandledRejections();
    const closed = server.serverClose();
    await deadline(serving, LIMIT_MS);
    assertEquals(await rejections.count(), 0);
    release();
    const error = await deadline(
      assertRejects(() => closed, RangeError),
      LIMIT_MS,
    );
    assertStrictEquals(error, FAILURE);
    assertEquals(server.activeRequests, []);
    assertEquals(await rejections.count(), 0);
    client.close();
  });
}

const FailingServer = overrideExecutor(
  TCPServer,
  "close",
  () => Promise.reject(FAILURE),
);

Deno.test("TCPServer.serverClose() reports an executor that fails to close without blockOnClose", async () => {
  const server = new FailingServer(ADDRESS, () => {}, {
    blockOnClose: false,
    timeout: 0,
  });
  const record = new ErrorRecord(server);
  await server.handleRequest(); // which makes the executor
  using rejections = new UnhandledRejections();
  await deadline(server.serverClose(), LIMIT_MS);
  assertStrictEquals(await record.nth(1), FAILURE);
  assertEquals(await rejections.count(), 0);
});

Deno.test("UDPServer.serverClose() closes its socket although its executor fails to close", async () => {
  const Server = overrideExecutor(
    UDPServer,
    "close",
    () => Promise.reject(FAILURE),
  );
  const server: UDPServer = new Server(ADDRESS, async () => {
    server.serverClose();
    await null;
  });
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  const client = Deno.listenDatagram({ transport: "udp", ...ADDRESS });
  await client.send(new Uint8Array(1), server.serverAddress);
  await deadline(serving, LIMIT_MS);
  assertStrictEquals(await record.nth(1), FAILURE);
  client.close();
  await using second = await bindAgain(() =>
    new UDPServer(server.serverAddress, () => {})
  );
  assertEquals(second.serverAddress, server.serverAddress);
});

Deno.test("TCPServer.serverClose() called by a handler reports an executor that fails to close", async () => {
  const server: TCPServer = new FailingServer(
    ADDRESS,
    () => server.serverClose(),
  );
  const record = new ErrorRecord(server);
  using rejections = new UnhandledRejections();
  const serving = server.serveForever();
  using _client = await connectTo(server);
  await deadline(serving, LIMIT_MS);
  assertStrictEquals(await record.nth(1), FAILURE);
  assertEquals(await rejections.count(), 0);
});
