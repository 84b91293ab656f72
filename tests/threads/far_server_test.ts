import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type ThreadingOptions,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { FarServerHandler } from "../fixtures/handlers/far_server_handler.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

// What a handler on a thread finds in `this.server`.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;

/** What a handler finds, as the line asks for it. */
async function found(
  line: string,
  options: ThreadingOptions & { data?: unknown } = {},
): Promise<unknown> {
  await using session = new ThreadingSession(FarServerHandler, options);
  using client = await session.connect();
  return JSON.parse((await client.ask(line))!);
}

Deno.test("BaseRequestHandler.server.serverAddress is the server's on a thread", async () => {
  await using session = new ThreadingSession(FarServerHandler);
  using client = await session.connect();
  const found = JSON.parse((await client.ask("serverAddress"))!);
  assertEquals(found, session.server.serverAddress);
});

Deno.test("BaseRequestHandler.server.data is a copy of the server's on a thread", async () => {
  const data = { list: [1, 2], date: new Date(0), map: new Map([["a", 1n]]) };
  const expected = Deno.inspect(data, { sorted: true, compact: true });
  assertEquals(await found("data", { data }), expected);
});

Deno.test("BaseRequestHandler.server can be awaited and printed on a thread", async () => {
  assertEquals(await found("await"), true);
  assertEquals(await found("print"), true);
});

Deno.test("BaseRequestHandler.server.data shares a SharedArrayBuffer with all threads", async () => {
  const data = new SharedArrayBuffer(4);
  await using session = new ThreadingSession(FarServerHandler, {
    maxThreads: 2,
    data,
  });
  using first = await session.connect();
  using second = await session.connect();
  assertEquals(await first.ask("count"), "0");
  assertEquals(await second.ask("count"), "1");
  assertEquals(await first.ask("count"), "2");
  assertEquals(session.server.activeThreads, 2);
  assertEquals(new Int32Array(data)[0], 3);
});

Deno.test("BaseRequestHandler.server throws an error that says why for all else on a thread", async () => {
  await using session = new ThreadingSession(FarServerHandler);
  using client = await session.connect("activeRequests");
  await client.ended();
  const error = await session.record.nth(1);
  assertInstanceOf(error, TypeError);
  assertMatch(error.message, /server\.activeRequests/);
  assertMatch(
    error.message,
    /serverAddress, data, shutdown\(\) and requestSignal\(\)/,
  );
  assertMatch(error.message, /data option/);
});

Deno.test("BaseRequestHandler.server.shutdown() ends serveForever() from a thread", async () => {
  await using server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 1,
    drainTimeout: 1,
  });
  const serving = server.serveForever();
  using client = await LineClient.connect(server);
  assertEquals(await client.ask("stop"), "stopped");
  await deadline(serving, LIMIT_MS);
  assertEquals(await client.ask("still served"), "still served");
});

Deno.test("ThreadingTCPServer rejects serveForever() for data that cannot be cloned any more", async () => {
  const data: Record<string, unknown> = {};
  await using server = new ThreadingTCPServer(ADDRESS, FarServerHandler, {
    data,
  });
  data.log = () => {};
  const outcome = await deadline(server.serveForever(), LIMIT_MS)
    .catch((error) => error);
  assertInstanceOf(outcome, DOMException);
  assertEquals(outcome.name, "DataCloneError");
});

Deno.test("ThreadingTCPServer.shutdownByHandler() may refuse what a handler asks for", async () => {
  class PermanentServer extends ThreadingTCPServer {
    override shutdownByHandler() {
      throw new RangeError("not for handlers");
    }
  }
  await using server = new PermanentServer(ADDRESS, ObedientHandler, {
    maxThreads: 1,
    drainTimeout: 1,
  });
  const record = new ErrorRecord(server);
  server.serveForever();
  using client = await LineClient.connect(server);
  assertEquals(await client.ask("stop"), "stopped");
  const error = await record.nth(1);
  assertInstanceOf(error, RangeError);
  assertEquals(error.message, "not for handlers");
  using other = await LineClient.connect(server);
  assertEquals(await other.ask("still serving"), "still serving");
});

Deno.test("ThreadingTCPServer reports a shutdown() that rejects when a handler calls it", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  const { server, record } = session;
  server.shutdown = () => Promise.reject(new RangeError("it failed"));
  using rejections = new UnhandledRejections();
  using client = await session.connect();
  assertEquals(await client.ask("stop"), "stopped");
  assertInstanceOf(await record.nth(1), RangeError);
  assertEquals(await rejections.count(), 0);
});
