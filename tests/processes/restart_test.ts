import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ForkingTCPServer } from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { CountingHandler } from "../fixtures/handlers/counting_handler.ts";
import { overrideExecutor } from "../fixtures/override_executor.ts";

const LIMIT_MS = 30_000;

function newServer(Server = ForkingTCPServer): ForkingTCPServer {
  return new Server(
    { hostname: "127.0.0.1", port: 0 },
    CountingHandler,
    { drainTimeout: 5 },
  );
}

async function assertServes(server: ForkingTCPServer): Promise<void> {
  const client = await connectTo(server);
  const answer = new Response(client.readable).text();
  assertEquals(await deadline(answer, LIMIT_MS), "1");
}

Deno.test("ForkingTCPServer.serveForever() serves again after shutdown()", async () => {
  await using server = newServer();
  for (let run = 0; run < 3; run++) {
    const serving = server.serveForever();
    await assertServes(server);
    await deadline(server.shutdown(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
  }
});

Deno.test("ForkingTCPServer.serveForever() serves again after a run that ended while its first child started", async () => {
  let runs = 0;
  const Server = overrideExecutor(
    ForkingTCPServer,
    "start",
    (proceed, server) => {
      const started = proceed();
      if (++runs === 1) server.shutdown();
      return started;
    },
  );
  await using server = newServer(Server);
  await deadline(server.serveForever(), LIMIT_MS);
  const serving = server.serveForever();
  await assertServes(server);
  await deadline(server.shutdown(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
});

Deno.test("ForkingTCPServer.handleRequest() handles one request after the other", async () => {
  await using server = newServer();
  for (let i = 0; i < 3; i++) {
    const handling = server.handleRequest();
    await assertServes(server);
    await deadline(handling, LIMIT_MS);
  }
});
