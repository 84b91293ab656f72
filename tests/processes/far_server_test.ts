import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ForkingTCPServer } from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { FarServerHandler } from "../fixtures/handlers/far_server_handler.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { StreamStopHandler } from "../fixtures/handlers/stop_handlers.ts";

const LIMIT_MS = 30_000;

Deno.test("ForkingTCPServer's handlers find its address", async () => {
  await using session = new ForkingSession(FarServerHandler);
  const answer = JSON.parse(await session.ask("serverAddress\n"));
  assertEquals(answer, session.server.serverAddress);
});

Deno.test("ForkingTCPServer's handlers find its data, whatever can be cloned", async () => {
  const data = {
    date: new Date(0),
    map: new Map([[1, new Set(["a"])]]),
    bytes: new Uint8Array([1, 2]),
    big: 10n,
  };
  await using session = new ForkingSession(FarServerHandler, { data });
  const answer = JSON.parse(await session.ask("data\n"));
  assertEquals(answer, Deno.inspect(data, { sorted: true, compact: true }));
});

Deno.test("ForkingTCPServer's handlers find its data, however large", async () => {
  const data = "a".repeat(10_000_000);
  await using session = new ForkingSession(FarServerHandler, { data });
  assertEquals(await session.ask("length\n"), `${data.length}\n`);
});

Deno.test("ForkingTCPServer.serveForever() rejects data that cannot be cloned any more", async () => {
  const data: Record<string, unknown> = {};
  await using server = new ForkingTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    FarServerHandler,
    { data },
  );
  data.log = () => {};
  const outcome = server.serveForever().catch((error) => error);
  assertInstanceOf(await deadline(outcome, LIMIT_MS), Error);
});

Deno.test("ForkingTCPServer reports a handler that wants more of the server than there is", async () => {
  await using session = new ForkingSession(FarServerHandler);
  assertEquals(await session.ask("socket\n"), "");
  assertInstanceOf(await session.record.nth(1), TypeError);
});

Deno.test("ForkingTCPServer.shutdown() can be awaited by a handler, which goes on", async () => {
  await using server = new ForkingTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    StreamStopHandler,
    { drainTimeout: 5 },
  );
  const serving = server.serveForever();
  const client = await connectTo(server);
  const answer = new Response(client.readable).text();
  assertEquals(await deadline(answer, LIMIT_MS), "stopped\n");
  await deadline(serving, LIMIT_MS);
});

Deno.test("ForkingTCPServer.shutdownByHandler() may refuse what a handler asks for", async () => {
  await using session = new ForkingSession(StreamStopHandler);
  session.server.shutdownByHandler = () =>
    Promise.reject(new RangeError("not for handlers"));
  assertEquals(await session.ask(""), "stopped\n");
  assertInstanceOf(await session.record.nth(1), RangeError);
  assertEquals(await session.ask(""), "stopped\n");
});
