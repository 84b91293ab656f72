import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  type StreamRequest,
  TCPServer,
} from "@socketserver/socketserver";
import { askLine } from "../fixtures/clients/ask_line.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { StreamLineEchoHandler } from "../fixtures/handlers/line_echo_handlers.ts";
import { until } from "../fixtures/until.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;

Deno.test("AsyncTCPServer at maxActiveRequests does not ask in a loop whether it may go on", async () => {
  let asked = 0;
  let calls = 0;
  class CountingServer extends AsyncTCPServer {
    override get maxActiveRequests(): number {
      asked++;
      return super.maxActiveRequests;
    }
    override set maxActiveRequests(most: number) {
      super.maxActiveRequests = most;
    }
    override serviceActions(): void {
      calls++;
    }
  }
  const goOn = Promise.withResolvers<void>();
  await using server = new CountingServer(ADDRESS, () => goOn.promise, {
    maxActiveRequests: 1,
  });
  const serving = server.serveForever({ pollInterval: 0.001 });
  using _first = await connectTo(server);
  await until(() => server.stats.active === 1);
  using _second = await connectTo(server);
  const before = { asked, calls };
  await until(() => calls - before.calls >= 20);
  assert(asked - before.asked <= 2, `${asked - before.asked}`);
  goOn.resolve();
  await until(() => server.stats.handled === 2);
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
});

Deno.test("AsyncTCPServer.maxActiveRequests that is lowered has clients wait until fewer are active", async () => {
  const ends: (() => void)[] = [];
  await using server = new AsyncTCPServer(
    ADDRESS,
    () => new Promise<void>((resolve) => ends.push(resolve)),
  );
  const serving = server.serveForever();
  const clients = [];
  for (let i = 0; i < 3; i++) clients.push(await connectTo(server));
  await until(() => server.stats.active === 3);
  server.maxActiveRequests = 2;
  clients.push(await connectTo(server)); // it had asked for one before
  clients.push(await connectTo(server));
  await until(() => server.stats.active === 4);
  for (const left of [3, 2]) {
    ends.shift()!();
    await until(() => server.stats.active === left);
    assertEquals(server.stats.accepted, 4);
  }
  ends.shift()!();
  await until(() => server.stats.accepted === 5);
  assertEquals(server.stats.active, 2);
  for (const end of ends) end();
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
  await until(() => server.stats.active === 0);
  for (const client of clients) client.close();
});

Deno.test("TCPServer.maxActiveRequests holds for requests that an overridden processRequest() detaches", async () => {
  const goOn = Promise.withResolvers<void>();
  class DetachingServer extends TCPServer {
    override processRequest(request: StreamRequest, address: Deno.Addr): void {
      this.detachRequest(request, address, async () => {
        await goOn.promise;
        await this.finishRequest(request, address);
      });
    }
  }
  await using server = new DetachingServer(ADDRESS, StreamLineEchoHandler, {
    maxActiveRequests: 2,
  });
  const serving = server.serveForever();
  const answers = Array.from({ length: 5 }, () => askLine(server));
  await until(() => server.stats.active === 2);
  assertEquals(server.stats.accepted, 2);
  goOn.resolve();
  const all = await deadline(Promise.all(answers), LIMIT_MS);
  assertEquals(all, Array(5).fill("hello\n"));
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
  assertEquals(server.stats.handled + server.stats.active, 5);
});

Deno.test("AsyncTCPServer.serverClose() takes no more of those who wait than maxActiveRequests allows", async () => {
  const goOn = Promise.withResolvers<void>();
  await using server = new AsyncTCPServer(ADDRESS, () => goOn.promise, {
    maxActiveRequests: 2,
  });
  const serving = server.serveForever();
  const clients = [await connectTo(server)];
  await until(() => server.stats.active === 1);
  for (let i = 0; i < 4; i++) clients.push(await connectTo(server));
  const closed = server.serverClose();
  await until(() => server.stats.accepted > 1);
  goOn.resolve();
  await deadline(closed, LIMIT_MS);
  await serving;
  assertEquals(server.stats, {
    accepted: 2,
    handled: 2,
    refused: 0,
    failed: 0,
    active: 0,
    waiting: 0,
  });
  for (const client of clients) client.close();
});

Deno.test("AsyncTCPServer counts for itself, not for another server in the program", async () => {
  const goOn = Promise.withResolvers<void>();
  const options = { maxActiveRequests: 1, maxRequestsPerClient: 1 };
  await using busy = new AsyncTCPServer(ADDRESS, () => goOn.promise, options);
  await using idle = new AsyncTCPServer(
    ADDRESS,
    StreamLineEchoHandler,
    options,
  );
  const serving = [busy.serveForever(), idle.serveForever()];
  using _client = await connectTo(busy);
  await until(() => busy.stats.active === 1);
  const signal = busy.requestSignal(busy.activeRequests[0]);
  assertEquals(await deadline(askLine(idle), LIMIT_MS), "hello\n");
  await deadline(idle.shutdown(), LIMIT_MS);
  assertEquals([busy.stats.accepted, signal.aborted], [1, false]);
  assertEquals(idle.requestSignal(busy.activeRequests[0]).aborted, false);
  goOn.resolve();
  await deadline(busy.shutdown(), LIMIT_MS);
  await Promise.all(serving);
});
