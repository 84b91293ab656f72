import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  ForkingTCPServer,
  type StreamRequest,
  TCPServer,
  ThreadingTCPServer,
  UDPServer,
  UnixDatagramServer,
} from "@socketserver/socketserver";
import { serverClasses } from "../contract/server_classes.ts";
import { askLine } from "../fixtures/clients/ask_line.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { StreamLineEchoHandler } from "../fixtures/handlers/line_echo_handlers.ts";
import { assertRejectsFor, nonsense } from "../fixtures/nonsense.ts";
import { serverArguments } from "../fixtures/server_arguments.ts";

// Fields that are read later can be set to anything in the meantime. Then a
// method says so, or the field counts as the least value that it may have:
// nothing hangs.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;

/** Nonsense that the constructor does not take for an option either. */
function refused(option: string): [kind: string, value: unknown][] {
  const { taken } = serverArguments.find(({ name }) => name === option)!;
  return Object.entries(nonsense).filter(([kind]) => !taken.includes(kind));
}

for (
  const { name, Server, addressFamily } of Object.values(serverClasses).flat()
) {
  Deno.test(`${name}.handleRequest() rejects nonsense in timeout`, async () => {
    const address = addressFamily === "AF_UNIX"
      ? { path: "/nowhere" }
      : ADDRESS;
    await using server = new Server(address, function handle() {}, {
      bindAndActivate: false,
    });
    for (const [, value] of refused("timeout")) {
      server.timeout = value as number;
      await assertRejectsFor(value, () => server.handleRequest());
    }
  });
}

for (const Server of [UDPServer, UnixDatagramServer]) {
  Deno.test({
    name: `${Server.name}.getRequest() rejects nonsense in maxPacketSize`,
    ignore: Server === UnixDatagramServer && Deno.build.os === "windows",
    async fn() {
      const address = { ...ADDRESS, path: `\0${crypto.randomUUID()}` };
      await using server = new Server(address, () => {});
      for (const [, value] of refused("maxPacketSize")) {
        server.maxPacketSize = value as number;
        await assertRejectsFor(value, async () => await server.getRequest());
      }
    },
  });
}

for (const name of ["permissions", "denoFlags", "configPath", "denoPath"]) {
  Deno.test(`ForkingTCPServer.serveForever() rejects nonsense in ${name}`, async () => {
    await using server = new ForkingTCPServer(ADDRESS, StreamLineEchoHandler);
    for (const [, value] of refused(name)) {
      Reflect.set(server, name, value);
      await assertRejectsFor(value, () => server.serveForever());
    }
  });
}

const COUNTS = {
  ThreadingTCPServer: ["maxThreads", "requestsPerThread", "maxWaitingRequests"],
  ForkingTCPServer: [
    "maxChildren",
    "maxRequestsPerChild",
    "requestsPerChild",
    "minSpareChildren",
    "maxWaitingRequests",
  ],
};

/** Which nonsense can be compared to a number, which is all that is done. */
function isComparable(value: unknown): boolean {
  try {
    Number(value);
    return true;
  } catch {
    return false;
  }
}

for (const Server of [ThreadingTCPServer, ForkingTCPServer]) {
  const names = COUNTS[Server.name as keyof typeof COUNTS];
  for (const [kind, value] of Object.entries(nonsense)) {
    const outcome = isComparable(value) ? "answers" : "ends";
    Deno.test(`${Server.name} ${outcome} its clients if ${names.join(", ")} are ${kind}`, async () => {
      const server = new Server(ADDRESS, StreamLineEchoHandler, {
        drainTimeout: 5,
      });
      const record = new ErrorRecord(server);
      for (const name of names) {
        Reflect.set(server, name, value);
      }
      const serving = server.serveForever();
      const answers = Array.from({ length: 3 }, () => askLine(server));
      const all = await deadline(Promise.all(answers), LIMIT_MS);
      if (outcome === "answers") {
        assertEquals(all, ["hello\n", "hello\n", "hello\n"]);
        assertEquals(record.errors, []);
      }
      await deadline(server.serverClose(), LIMIT_MS);
      await deadline(serving, LIMIT_MS);
    });
  }
}

Deno.test("TCPServer.serverClose() comes to its end, whatever drainTimeout was set to", async () => {
  const attempts = Object.values(nonsense).map(async (value) => {
    const begun = Promise.withResolvers<void>();
    await using server = new TCPServer(ADDRESS, async (request) => {
      begun.resolve();
      await readAll(request);
    });
    const serving = server.serveForever();
    using client = await connectTo(server);
    await begun.promise;
    server.drainTimeout = value as number;
    const closed = server.serverClose();
    // Some of it counts as a limit that is far away, or as none.
    await client.closeWrite();
    await closed;
    await serving;
  });
  await deadline(Promise.all(attempts), LIMIT_MS);
});

Deno.test("AsyncTCPServer comes to an end with each client, whatever its limits were set to", async () => {
  for (const name of ["maxActiveRequests", "maxRequestsPerClient"]) {
    for (const [kind, value] of Object.entries(nonsense)) {
      await using server = new AsyncTCPServer(ADDRESS, StreamLineEchoHandler);
      Reflect.set(server, name, value);
      const serving = server.serveForever();
      const answer = await deadline(askLine(server), LIMIT_MS);
      assertEquals(answer, "hello\n", `${name}: ${kind}`);
      await deadline(server.serverClose(), LIMIT_MS);
      await serving;
    }
  }
});

Deno.test("TCPServer handles each request or gives it up, whatever requestTimeout was set to", async () => {
  const attempts = Object.entries(nonsense).map(async ([kind, value]) => {
    await using server = new TCPServer(ADDRESS, async (request, address) => {
      if (limitOf(value) !== "far away") await new Promise(() => {});
      await new StreamLineEchoHandler(request, address, server).run();
    });
    const record = new ErrorRecord(server);
    Reflect.set(server, "requestTimeout", value);
    const serving = server.serveForever();
    if (limitOf(value) === "far away") {
      assertEquals(await deadline(askLine(server), LIMIT_MS), "hello\n", kind);
    } else {
      using _client = await connectTo(server);
      assertInstanceOf(await record.nth(1), Deno.errors.TimedOut, kind);
    }
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
  });
  await Promise.all(attempts);
});

/** What counts as none counts as no time at all. */
function limitOf(value: unknown): "far away" | "soon" {
  const isLong = typeof value === "number" && value > 5;
  return isLong || value === null || value === undefined ? "far away" : "soon";
}

async function readAll(request: StreamRequest): Promise<void> {
  try {
    while (await request.read(new Uint8Array(10)) !== null);
  } catch {
    // It has been closed at the limit.
  }
}
