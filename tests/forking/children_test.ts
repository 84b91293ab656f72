import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async";
import { ForkingTCPServer, ForkingUDPServer } from "@socketserver/socketserver";
import { Dialogue } from "../fixtures/dialogue.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { MisbehavingHandler } from "../fixtures/misbehaving_handler.ts";

const LIMIT_MS = 20_000;

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

Deno.test("ForkingTCPServer.collectChildren() waits, if it is to block, for the end of the active children", async () => {
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
  await client.send("go on");
  assertEquals(await client.receive(), "served");
  assert(!collected);
  await deadline(collecting, LIMIT_MS);
  assert(!server.activeChildren.has(pid));
});

Deno.test("ForkingTCPServer.collectChildren() has nothing to wait for without active children", async () => {
  await using session = new ForkingSession(MisbehavingHandler);
  await session.ask("pid\n");
  await deadline(
    session.server.collectChildren({ blocking: true }),
    LIMIT_MS,
  );
});

for (const Server of [ForkingTCPServer, ForkingUDPServer]) {
  Deno.test(`${Server.name} has the defaults of Python's`, async () => {
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
