import { assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type AnyServer,
  AsyncTCPServer,
  AsyncUnixStreamServer,
  StreamRequestHandler,
  ThreadingTCPServer,
  ThreadingUnixStreamServer,
} from "@socketserver/socketserver";
import { ConnectionHandler } from "../fixtures/handlers/connection_handler.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { needing } from "../fixtures/installed_program.ts";
import { WaitingProgramHandler } from "../fixtures/handlers/waiting_program_handler.ts";
import { UndelayedHandler } from "../fixtures/handlers/undelayed_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

// What a handler can do with `this.request`, on a thread as at home.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const OPTIONS = { drainTimeout: 60 };
const LIMIT_MS = 30_000;

/** All that the server sends. */
function answer(connection: Deno.Conn): Promise<string> {
  return deadline(new Response(connection.readable).text(), LIMIT_MS);
}

/** Serves one client that sends a line; with what came of it. */
async function serve(
  Server: typeof AsyncTCPServer | typeof ThreadingTCPServer,
  line: string,
) {
  await using server = new Server(ADDRESS, ConnectionHandler, OPTIONS);
  const record = new ErrorRecord(server);
  server.serveForever();
  const client = await connectTo(server);
  const { localAddr, remoteAddr } = client;
  await client.write(new TextEncoder().encode(`${line}\n`));
  const text = await answer(client);
  await deadline(server.serverClose(), LIMIT_MS);
  return { text, localAddr, remoteAddr, errors: record.errors };
}

for (const Server of [AsyncTCPServer, ThreadingTCPServer]) {
  Deno.test(`${Server.name}'s handlers know both ends of the connection`, async () => {
    const { text, localAddr, remoteAddr, errors } = await serve(
      Server,
      "addresses",
    );
    assertEquals(JSON.parse(text), [remoteAddr, localAddr]);
    assertEquals(errors, []);
  });

  Deno.test(`${Server.name}'s handlers can call setNoDelay()`, async () => {
    const { text, errors } = await serve(Server, "no delay");
    assertEquals(text, "switched");
    assertEquals(errors, []);
  });

  Deno.test(`${Server.name}'s handlers can call setKeepAlive()`, async () => {
    const { text, errors } = await serve(Server, "keep alive");
    assertEquals(text, "switched");
    assertEquals(errors, []);
  });

  Deno.test(`${Server.name}'s handlers can call close(), and nothing after`, async () => {
    const { text, errors } = await serve(Server, "close");
    assertEquals(text, "before");
    const [error, ...others] = errors;
    assertInstanceOf(error, AggregateError);
    assertEquals(others, []);
    const [interrupted, ...later] = error.errors.map(String);
    assertMatch(interrupted!, /Interrupted/);
    for (const text of later) assertMatch(text, /BadResource/);
  });
}

for (const Server of [AsyncUnixStreamServer, ThreadingUnixStreamServer]) {
  Deno.test({
    name:
      `${Server.name} reports a handler that asks for Nagle's algorithm to be off`,
    ignore: Deno.build.os === "windows",
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/server`;
      await using server = new Server({ path }, UndelayedHandler, OPTIONS);
      const record = new ErrorRecord(server as AnyServer);
      const serving = server.serveForever();
      const client = await Deno.connect({ transport: "unix", path });
      assertEquals(await answer(client), "");
      const error = await record.nth(1);
      await server.shutdown();
      await serving;
      assertInstanceOf(error, TypeError);
      assertMatch(error.message, /^Cannot disable Nagle's algorithm/);
    },
  });
}

Deno.test("ThreadingTCPServer serves with a module that has an onmessage of its own", async () => {
  class MessagingHandler extends StreamRequestHandler {}
  await using session = new ThreadingSession(MessagingHandler, {
    handlerModule: new URL(
      "../fixtures/handlers/messaging_handler.ts",
      import.meta.url,
    ),
  });
  using client = await session.connect();
  assertEquals(await client.ask("first"), "first: 0");
  assertEquals(await client.ask("second"), "second: 0");
});

Deno.test(needing(["cat", "sh", "sleep"], {
  name:
    "CommandRequestHandler on a thread ends a program that waits when its client resets the connection",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using session = new ThreadingSession(WaitingProgramHandler);
    const { server, record } = session;
    const client = await connectTo(server);
    await client.closeWrite();
    await client.read(new Uint8Array(1));
    client.close(); // with something unread, which resets it
    const { name } = await record.nth(1) as Error;
    assertMatch(name, /BrokenPipe|ConnectionReset/);
  },
}));
