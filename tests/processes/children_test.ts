import { assert, assertEquals, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ForkingTCPServer, ForkingUDPServer } from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { Lifelines } from "../fixtures/lifelines.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { MisbehavingHandler } from "../fixtures/handlers/misbehaving_handler.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { WaitingHandler } from "../fixtures/handlers/waiting_handler.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 30_000;

Deno.test("ForkingTCPServer.activeChildren holds the processes that handle requests, and no others", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  const { server } = session;
  assertEquals(server.activeChildren, new Set());
  await using first = new Dialogue(await session.connect());
  await using second = new Dialogue(await session.connect());
  const pids: number[] = [];
  for (const client of [first, second]) {
    await client.send("wait");
    pids.push(Number(await client.receive()));
  }
  assertEquals(server.activeChildren, new Set(pids));
  await first.send("go on");
  await first.ended();
  assertEquals(server.activeChildren, new Set(pids.slice(1)));
});

Deno.test("ForkingTCPServer.collectChildren({ blocking: true }) waits for active children to end", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  const { server } = session;
  await using client = new Dialogue(await session.connect());
  await client.send("wait");
  const pid = Number(await client.receive());
  await deadline(server.collectChildren(), LIMIT_MS);
  let collected = false;
  const collecting = server.collectChildren({ blocking: true }).then(() => {
    collected = true;
  });
  // Enough time for one that does not wait.
  assert((await session.ask("pid\n")).length > 0);
  assert(!collected);
  await client.send("go on");
  assertEquals(await client.receive(), "served");
  await deadline(collecting, LIMIT_MS);
  assert(!server.activeChildren.has(pid));
  assertThrows(() => Deno.kill(pid, "SIGTERM"), Deno.errors.NotFound);
});

Deno.test("ForkingTCPServer.collectChildren({ blocking: true }) resolves at once without active children", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  await session.ask("pid\n");
  await deadline(
    session.server.collectChildren({ blocking: true }),
    LIMIT_MS,
  );
});

for (const Server of [ForkingTCPServer, ForkingUDPServer]) {
  Deno.test(`${Server.name} has Python's defaults`, async () => {
    const address = { hostname: "127.0.0.1", port: 0 };
    await using server = new Server(address, function handle() {});
    assertEquals(server.timeout, 300);
    assertEquals(server.maxChildren, 40);
    assertEquals(server.blockOnClose, true);
    assertEquals(server.maxRequestsPerChild, 1);
    assertEquals(server.permissions, "none");
    assertEquals(server.activeChildren, new Set());
  });
}

Deno.test("ForkingTCPServer.handleRequest() gives up after its timeout, and leaves no child when it is closed", async () => {
  await using server = new ForkingTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    MisbehavingHandler,
    { timeout: 0.01 },
  );
  let timeouts = 0;
  server.handleTimeout = () => {
    timeouts++;
  };
  await deadline(server.handleRequest(), LIMIT_MS);
  assertEquals(timeouts, 1);
});

Deno.test("ForkingTCPServer starts a spare child before a client needs it", async () => {
  await using lifelines = new Lifelines();
  await using server = lifelines.serve();
  const first = await lifelines.next();
  await using client = new Dialogue(await server.connect());
  assertEquals(await client.receive(), "connected");
  assert((await lifelines.next()).pid !== first.pid);
});

Deno.test("ForkingTCPServer.requestsPerChild is how many requests share a child at once", async () => {
  await using session = new ForkingSession(ObedientHandler, {
    maxChildren: 1,
    maxRequestsPerChild: 10,
    requestsPerChild: 2,
  });
  const { server } = session;
  await using first = new Dialogue(await session.connect());
  await using second = new Dialogue(await session.connect());
  for (const client of [first, second]) {
    await client.send("hello");
    assertEquals(await client.receive(), "hello");
  }
  assertEquals(server.activeChildren.size, 1);
  await using third = new Dialogue(await session.connect());
  await third.send("my turn");
  let served = false;
  const waiting = third.receive().then((answer) => {
    served = true;
    return answer;
  });
  await until(() => server.activeRequests.length === 3);
  for (let i = 0; i < 20; i++) {
    await first.send("hello again");
    assertEquals(await first.receive(), "hello again");
  }
  assert(!served);
  await second.send("leave");
  assertEquals(await waiting, "my turn");
});

Deno.test("ForkingTCPServer.maxRequestsPerChild is how many requests a child is given where they share it", async () => {
  await using session = new ForkingSession(WaitingHandler, {
    maxChildren: 1,
    maxRequestsPerChild: 3,
    requestsPerChild: 2,
  });
  await using first = new Dialogue(await session.connect());
  await using second = new Dialogue(await session.connect());
  await using third = new Dialogue(await session.connect());
  await using fourth = new Dialogue(await session.connect());
  const end = async (client: Dialogue, number: string) => {
    await client.send("go on");
    assertEquals(await client.receive(), number);
  };
  assertEquals(await first.receive(), "begun");
  assertEquals(await second.receive(), "begun");
  await end(first, "1");
  assertEquals(await third.receive(), "begun");
  await end(third, "3");
  // There is room beside the second request, but the child has had its three.
  await end(second, "2");
  assertEquals(await fourth.receive(), "begun");
  await end(fourth, "1");
});

Deno.test("ForkingTCPServer.maxChildren holds for handleRequest() too", async () => {
  await using server = new ForkingTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    MisbehavingHandler,
    { maxChildren: 2, drainTimeout: 0 },
  );
  server.handleError = () => {};
  await using stack = new AsyncDisposableStack();
  const clients = [];
  for (let i = 0; i < 4; i++) {
    const client = stack.use(new Dialogue(await connectTo(server)));
    await client.send("wait");
    await deadline(server.handleRequest(), LIMIT_MS);
    clients.push(client);
  }
  await clients[1]!.receive();
  assertEquals(server.activeRequests.length, 4);
  assertEquals(server.activeChildren.size, 2);
});
