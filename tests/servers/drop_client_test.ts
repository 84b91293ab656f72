import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  AsyncUnixStreamServer,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ConsoleErrors } from "../fixtures/console_errors.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

// Who does not read what it is sent, or is not wanted any more, is dropped by
// closeRequest(), which a handler of another client may call.

const LIMIT_MS = 30_000;
const isWindows = Deno.build.os === "windows";
const CHUNK = new Uint8Array(1_048_576);

/** Handlers that go on until their connection is closed. */
const WAYS: Record<string, (handler: StreamRequestHandler) => Promise<void>> = {
  async "writes by wfile"({ wfile }) {
    for (;;) await wfile.write(CHUNK);
  },
  async "writes without wfile"({ request }) {
    for (;;) await request.write(CHUNK);
  },
  async "reads by rfile"({ rfile }) {
    await rfile.readLine();
  },
  async "reads without rfile"({ request }) {
    await request.read(new Uint8Array(1));
  },
  async "writes when it has been closed"({ request, wfile, server }) {
    await closed(server as AsyncTCPServer);
    await wfile.write("too late");
    await request.read(new Uint8Array(1));
  },
  async "writes without wfile when it has been closed"({ request, server }) {
    await closed(server as AsyncTCPServer);
    await request.write(CHUNK);
  },
  async "reads, and writes what it does not wait for"({ rfile, wfile }) {
    wfile.write(new Uint8Array(64 * CHUNK.length)).catch(() => {});
    await rfile.readLine();
  },
  async "closes it again"({ request, server }) {
    await closed(server as AsyncTCPServer);
    request.close();
    request.close();
    throw new Deno.errors.BadResource("a handler's last word");
  },
};

/** Resolves when the only request of a server has been closed. */
function closed(server: AsyncTCPServer): Promise<void> {
  return new Promise((resolve) => {
    const { closeRequest } = server;
    server.closeRequest = (request) => {
      closeRequest.call(server, request);
      resolve();
    };
  });
}

for (const transport of ["TCP", "Unix"]) {
  for (const [way, handle] of Object.entries(WAYS)) {
    Deno.test({
      name:
        `${transport}: closeRequest() ends a handler that ${way}, in one line`,
      ignore: transport === "Unix" && isWindows,
      async fn() {
        using folder = new TemporaryFolder();
        using stderr = new ConsoleErrors();
        const begun = Promise.withResolvers<void>();
        class Handler extends StreamRequestHandler {
          override handle() {
            const ended = handle(this);
            begun.resolve();
            return ended;
          }
        }
        const path = `${folder.path}/drop.sock`;
        await using server = transport === "TCP"
          ? new AsyncTCPServer({ hostname: "127.0.0.1", port: 0 }, Handler)
          : new AsyncUnixStreamServer({ path }, Handler);
        const serving = server.serveForever();
        using _client = transport === "TCP"
          ? await connectTo(server as AsyncTCPServer)
          : await Deno.connect({ transport: "unix", path });
        await deadline(begun.promise, LIMIT_MS);
        await server.closeRequest(server.activeRequests[0]!);
        await until(() => server.stats.active === 0);
        await deadline(server.shutdown(), LIMIT_MS);
        await serving;
        assertEquals(stderr.texts.length, 1);
        assertMatch(
          stderr.texts[0]!,
          /^Request from .* ended early: the server closed the connection$/,
        );
      },
    });
  }
}

Deno.test("AsyncTCPServer prints the stack of a handler that goes on when it has closed its connection itself", async () => {
  using stderr = new ConsoleErrors();
  class Handler extends StreamRequestHandler {
    override async handle() {
      this.request.close();
      this.request.close();
      await this.wfile.write("a mistake");
    }
  }
  const address = { hostname: "127.0.0.1", port: 0 };
  await using server = new AsyncTCPServer(address, Handler);
  const handled = server.handleRequest();
  using _client = await connectTo(server);
  await deadline(handled, LIMIT_MS);
  await until(() => server.stats.failed === 1);
  assertEquals(stderr.texts.length, 1);
  assert(stderr.texts[0]!.includes("BadResource"), stderr.texts[0]);
  assert(stderr.texts[0]!.includes("\n"), stderr.texts[0]);
});

Deno.test("AsyncTCPServer.closeRequest() drops a reader of a broadcast that reads nothing, and the others go on", async () => {
  using stderr = new ConsoleErrors();
  const address = { hostname: "127.0.0.1", port: 0 };
  await using server = new AsyncTCPServer(address, async (request) => {
    for (;;) await request.write(CHUNK);
  });
  const serving = server.serveForever();
  using slow = await connectTo(server);
  await until(() => server.stats.active === 1);
  const [request] = server.activeRequests;
  const signal = server.requestSignal(request);
  using quick = await connectTo(server);
  await until(() => server.stats.active === 2);
  await server.closeRequest(request!);
  await until(() => server.stats.active === 1);
  assertEquals(signal.aborted, false);
  const buffer = new Uint8Array(65_536);
  for (let received = 0; received < 4 * CHUNK.length;) {
    received += await deadline(quick.read(buffer), LIMIT_MS) ?? NaN;
  }
  assertEquals(stderr.texts.length, 1);
  quick.close();
  slow.close();
  await until(() => server.stats.active === 0);
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
});
