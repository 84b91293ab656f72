import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  type StreamRequest,
  StreamRequestHandler,
  TCPServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ConsoleErrors } from "../fixtures/console_errors.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";
import { ResettingClient } from "../fixtures/clients/resetting_client.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const OPTIONS = { drainTimeout: 60 };
const LIMIT_MS = 30_000;
const isWindows = Deno.build.os === "windows";

class FloodHandler extends StreamRequestHandler {
  override async handle() {
    for (;;) await this.wfile.write(new Uint8Array(65_536));
  }
}

function assertGone(error: unknown): void {
  assert(
    error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.NotConnected, // it was in the queue
    Deno.inspect(error),
  );
}

/** Resolves when a connection of the server's has been closed. */
function whenClosed(server: TCPServer | UnixStreamServer): Promise<void> {
  const closed = Promise.withResolvers<void>();
  const { closeRequest } = server;
  server.closeRequest = async (request) => {
    await closeRequest.call(server, request);
    closed.resolve();
  };
  return closed.promise;
}

for (const Server of [TCPServer, AsyncTCPServer]) {
  Deno.test(`${Server.name} reports a client that resets while a handler writes, and closes`, async () => {
    await using server = new Server(ADDRESS, FloodHandler, OPTIONS);
    const record = new ErrorRecord(server);
    const closed = whenClosed(server);
    const serving = server.serveForever();
    const client = await ResettingClient.connect(server.serverAddress);
    await deadline(client.received(), LIMIT_MS);
    await client.reset();
    assertGone(await record.nth(1));
    await deadline(closed, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(server.activeRequests, []);
    assertEquals(record.errors.length, 1);
  });

  Deno.test(`${Server.name} reports a client that resets while a handler reads, and closes`, async () => {
    const reading = Promise.withResolvers<void>();
    class ReadingHandler extends StreamRequestHandler {
      override async handle() {
        const line = this.rfile.readLine();
        reading.resolve();
        await line;
      }
    }
    await using server = new Server(ADDRESS, ReadingHandler, OPTIONS);
    const record = new ErrorRecord(server);
    const closed = whenClosed(server);
    const serving = server.serveForever();
    const client = await ResettingClient.connect(server.serverAddress);
    await deadline(reading.promise, LIMIT_MS);
    await client.reset();
    assertInstanceOf(await record.nth(1), Deno.errors.ConnectionReset);
    await deadline(closed, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(server.activeRequests, []);
  });

  Deno.test(`${Server.name} reports a client that resets before the handler starts, and closes`, async () => {
    const accepted = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    class WaitingServer extends Server {
      override async verifyRequest() {
        accepted.resolve();
        await gone.promise;
        return true;
      }
    }
    await using server = new WaitingServer(ADDRESS, PipeEchoHandler, OPTIONS);
    const record = new ErrorRecord(server);
    const closed = whenClosed(server);
    const serving = server.serveForever();
    const client = await ResettingClient.connect(server.serverAddress);
    await deadline(accepted.promise, LIMIT_MS);
    await client.reset();
    gone.resolve();
    assertInstanceOf(await record.nth(1), Deno.errors.ConnectionReset);
    await deadline(closed, LIMIT_MS);
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    assertEquals(server.activeRequests, []);
  });

  Deno.test(`${Server.name} serves the client behind one that reset in the queue`, async () => {
    await using server = new Server(ADDRESS, PipeEchoHandler, OPTIONS);
    const record = new ErrorRecord(server);
    const first = await ResettingClient.connect(server.serverAddress);
    await first.reset();
    using second = await connectTo(server);
    const serving = server.serveForever();
    await second.write(new TextEncoder().encode("served"));
    await second.closeWrite();
    const answer = new Response(second.readable).text();
    assertEquals(await deadline(answer, LIMIT_MS), "served");
    await deadline(server.serverClose(), LIMIT_MS);
    await serving;
    record.errors.forEach(assertGone);
  });
}

Deno.test("TCPServer.handleRequest() returns for a client that reset in the queue", async () => {
  await using server = new TCPServer(ADDRESS, PipeEchoHandler, OPTIONS);
  const record = new ErrorRecord(server);
  const client = await ResettingClient.connect(server.serverAddress);
  await client.reset();
  await deadline(server.handleRequest(), LIMIT_MS);
  record.errors.forEach(assertGone);
  assertEquals(server.activeRequests, []);
});

Deno.test("AsyncTCPServer lets no client notice that another one has reset", async () => {
  await using server = new AsyncTCPServer(ADDRESS, PipeEchoHandler, OPTIONS);
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  using neighbour = await connectTo(server);
  const byte = new Uint8Array(1);
  await neighbour.write(byte);
  await deadline(neighbour.read(byte), LIMIT_MS);
  for (let round = 1; round <= 10; round++) {
    const accepted = Promise.withResolvers<void>();
    server.verifyRequest = () => {
      accepted.resolve();
      return true;
    };
    const client = await ResettingClient.connect(server.serverAddress);
    await deadline(accepted.promise, LIMIT_MS);
    await neighbour.write(new Uint8Array([round]));
    await deadline(neighbour.read(byte), LIMIT_MS);
    assertEquals(byte[0], round);
    await client.reset();
    assertGone(await record.nth(round));
  }
  await neighbour.closeWrite();
  assertEquals(await deadline(neighbour.read(byte), LIMIT_MS), null);
  await server.shutdown();
  await serving;
});

Deno.test("AsyncTCPServer releases 200 clients that reset at once", async () => {
  await using server = new AsyncTCPServer(ADDRESS, PipeEchoHandler, OPTIONS);
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  const clients = await Promise.all(
    Array.from(
      { length: 200 },
      () => ResettingClient.connect(server.serverAddress),
    ),
  );
  await Promise.all(clients.map((client) => client.reset()));
  using last = await connectTo(server);
  await last.write(new Uint8Array([7]));
  await last.closeWrite();
  const answer = new Response(last.readable).bytes();
  assertEquals(await deadline(answer, LIMIT_MS), new Uint8Array([7]));
  await deadline(server.serverClose(), LIMIT_MS);
  await serving;
  record.errors.forEach(assertGone);
  assertEquals(server.activeRequests, []);
});

Deno.test({
  name: "UnixStreamServer reports a client that leaves while a handler writes",
  ignore: isWindows,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    await using server = new UnixStreamServer({ path }, FloodHandler, OPTIONS);
    const record = new ErrorRecord(server);
    const closed = whenClosed(server);
    const handled = server.handleRequest();
    const client = await Deno.connect({ transport: "unix", path });
    await deadline(client.read(new Uint8Array(1)), LIMIT_MS);
    client.close();
    assertGone(await record.nth(1));
    await deadline(closed, LIMIT_MS);
    await handled;
  },
});

Deno.test("TCPServer.handleError() prints one line for a client that reset", async () => {
  await using server = new TCPServer(ADDRESS, FloodHandler, OPTIONS);
  using printed = new ConsoleErrors();
  const handled = server.handleRequest();
  const client = await ResettingClient.connect(server.serverAddress);
  await deadline(client.received(), LIMIT_MS);
  await client.reset();
  await deadline(handled, LIMIT_MS);
  assertEquals(printed.texts.length, 1);
  assertEquals(printed.texts[0]!.split("\n").length, 1, printed.texts[0]);
});

/** How a handler finds a reset that it does not wait for. */
const FINDS: Record<string, (request: StreamRequest) => Promise<unknown>> = {
  "a read": (request) => request.read(new Uint8Array(1)),
  "a write": (request) => request.write(new Uint8Array(1)),
  "a write of nothing": (request) => request.write(new Uint8Array(0)),
};

for (const [what, find] of Object.entries(FINDS)) {
  Deno.test(`AsyncTCPServer aborts a handler's signal with the reset that ${what} finds`, async () => {
    const begun = Promise.withResolvers<AbortSignal>();
    const reset = Promise.withResolvers<void>();
    const found = Promise.withResolvers<unknown>();
    await using server = new AsyncTCPServer(
      ADDRESS,
      async (request, _address, _server, { signal }) => {
        begun.resolve(signal);
        await reset.promise;
        found.resolve(await find(request).catch((error) => error));
        if (!signal.aborted) {
          await new Promise((end) => signal.addEventListener("abort", end));
        }
      },
    );
    const serving = server.serveForever();
    const client = await ResettingClient.connect(server.serverAddress);
    const signal = await deadline(begun.promise, LIMIT_MS);
    await client.reset();
    reset.resolve();
    const error = await deadline(found.promise, LIMIT_MS);
    assertGone(error);
    assertStrictEquals(signal.reason, error);
    await until(() => server.stats.handled === 1);
    await deadline(server.shutdown(), LIMIT_MS);
    await serving;
  });
}

Deno.test("AsyncTCPServer leaves a handler's signal alone when a read finds the end of the input", async () => {
  const ended = Promise.withResolvers<AbortSignal>();
  const goOn = Promise.withResolvers<void>();
  await using server = new AsyncTCPServer(
    ADDRESS,
    async (request, _address, _server, { signal }) => {
      while (await request.read(new Uint8Array(9)) !== null);
      ended.resolve(signal);
      await goOn.promise;
    },
  );
  const serving = server.serveForever();
  using client = await connectTo(server);
  await client.closeWrite();
  const signal = await deadline(ended.promise, LIMIT_MS);
  assertEquals(signal.aborted, false);
  goOn.resolve();
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
});
