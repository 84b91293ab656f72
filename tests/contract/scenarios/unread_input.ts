import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { delay } from "@std/async/delay";
import { socketsAsked } from "../../../src/streams/sockets_asked.ts";
import { LargeReplyHandler } from "../../fixtures/handlers/large_reply_handler.ts";
import { until } from "../../fixtures/until.ts";
import type { StreamClient } from "../clients.ts";
import type { Fixture } from "../fixture.ts";
import { logging, override } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

const LIMIT_MS = 20_000;
/** How long input is dropped, at least, in milliseconds. */
const DROPPED_MS = 990;
/** What the handler is asked for, in bytes. */
const ANSWER_SIZE = 1_000_000;

/** What happens to input that a handler leaves unread. */
const aboutUnreadInput: Scenario[] = [
  {
    name: "shutdownRequest() cuts no answer if more was sent than was read",
    run: (f) => assertWholeAnswer(f, unreadInput(f)),
  },
  {
    name: "shutdownRequest() cuts no answer if more is sent after the question",
    run: (f) => assertWholeAnswer(f, "", "\r\n"),
  },
  {
    name: "shutdownRequest() drops input of which nothing was read",
    async run(f) {
      class Server extends f.Server {
        override verifyRequest(): boolean {
          return false;
        }
      }
      await using server = new Server(f.address(), f.handlers.LineEcho);
      using client = await f.connectStream(server);
      await client.send("a question");
      const start = performance.now();
      await server.handleRequest();
      assertEquals(await client.rest(), "");
      await delay(20); // ten times what it takes to know that there is input
      assertDropped(server.activeRequests.length === 1, start);
      await client.send("and more"); // which is taken, as the answer might be
      client.close();
      await until(() => server.activeRequests.length === 0);
    },
  },
  {
    name: "shutdownRequest() lets an upload that was refused come to its end",
    async run(f) {
      await using server = new f.Server(f.address(), LargeReplyHandler);
      using client = await f.connectStream(server);
      const upload = client.send(`3\n${unreadInput(f)}`);
      await server.handleRequest();
      assertEquals(await client.rest(), "...\n3\n");
      await upload;
      client.close();
      await server.serverClose();
    },
  },
  {
    name: "shutdownRequest() drops input while others are served",
    async run(f) {
      await using server = new f.Server(f.address(), LargeReplyHandler);
      using client = await f.connectStream(server);
      const sent = client.send(`3\n${unreadInput(f)}`);
      const start = performance.now();
      await server.handleRequest();
      assertEquals(await client.rest(), "...\n3\n");
      await sent;
      const [dropped] = server.activeRequests;
      assertDropped(dropped !== undefined, start);
      using second = await f.connectStream(server);
      await second.send("2");
      await server.handleRequest();
      assertEquals(await second.rest(), "..\n2\n");
      assertDropped(server.activeRequests[0] === dropped, start);
      client.close();
      await server.serverClose();
      assertEquals(server.activeRequests, []);
    },
  },
  {
    name:
      "shutdownRequest() closes a silent client with unread input after 1 s",
    waits: true,
    async run(f) {
      const log: string[] = [];
      await using server = new (logging(f.Server, log))(
        f.address(),
        LargeReplyHandler,
      );
      using client = await f.connectStream(server);
      const sent = client.send(`3\n${unreadInput(f)}`);
      const start = performance.now();
      await server.handleRequest();
      assertEquals(await client.rest(), "...\n3\n");
      await sent;
      await deadline(server.serverClose(), LIMIT_MS);
      assert(performance.now() - start > DROPPED_MS);
      const last = ["finishRequest", "shutdownRequest", "closeRequest"];
      assertEquals(log.slice(-3), last);
    },
  },
  {
    name: "shutdownRequest() lets go of a client that sends for ever",
    async run(f) {
      await using server = new f.Server(f.address(), LargeReplyHandler);
      using client = await f.connectStream(server);
      const flooding = flood(client, "3\n");
      await server.handleRequest();
      await deadline(server.serverClose(), LIMIT_MS);
      // The sender is told by an error: the connection is closed.
      await deadline(flooding, LIMIT_MS);
    },
  },
  {
    name:
      "serverClose() closes requests whose input is dropped at drainTimeout",
    async run(f) {
      const log: string[] = [];
      const server = new (logging(f.Server, log))(
        f.address(),
        LargeReplyHandler,
        { drainTimeout: 0.01 },
      );
      using client = await f.connectStream(server);
      const sent = client.send(`3\n${unreadInput(f)}`);
      await server.handleRequest();
      assertEquals(await client.rest(), "...\n3\n");
      await sent;
      await deadline(server.serverClose(), LIMIT_MS);
      assertEquals(server.activeRequests, []);
      // Once by serverClose(), and again when dropping has come to its end.
      assertEquals(log.slice(-2), ["closeRequest", "closeRequest"]);
    },
  },
];

/** Asserts that a request's input is dropped, unless its time may be over. */
function assertDropped(isDropped: boolean, start: number): void {
  assert(isDropped || performance.now() - start > DROPPED_MS);
}

/** What a handler that reads one line leaves in the system's buffer. */
function unreadInput({ serverClass }: Fixture): string {
  // Of a handler elsewhere some is read ahead: it is granted 262,144 bytes.
  return "unread".repeat(serverClass.remote ? 70_000 : 1000);
}

/**
 * How much of the answer the client leaves to the system until the server is
 * done, in bytes. Linux holds all of it for a TCP client.
 */
function heldBack({ serverClass }: Fixture): number {
  const holdsAll = serverClass.addressFamily === "AF_INET" &&
    Deno.build.os === "linux";
  return holdsAll ? ANSWER_SIZE - 1 : 16_384;
}

/**
 * Asks for a large answer, and takes its last part only when the server has
 * left the connection.
 */
async function assertWholeAnswer(
  f: Fixture,
  before: string,
  after = "",
): Promise<void> {
  const answered = Promise.withResolvers<void>();
  const shutDown = Promise.withResolvers<void>();
  class Server extends f.Server {}
  override(Server, "finishRequest", async (proceed) => {
    await proceed();
    await answered.promise;
  });
  override(Server, "shutdownRequest", async (proceed) => {
    await proceed();
    shutDown.resolve();
  });
  await using server = new Server(f.address(), LargeReplyHandler);
  using client = await f.connectStream(server);
  const sent = client.send(`${ANSWER_SIZE}\n${before}`);
  const handled = server.handleRequest();
  const buffer = new Uint8Array(16_384);
  let received = 0;
  while (received < ANSWER_SIZE - heldBack(f)) {
    received += await client.connection.read(buffer) ?? NaN;
  }
  if (after !== "") {
    await sent;
    await client.connection.write(new TextEncoder().encode(after));
    await socketsAsked(); // Deno learns of it
  }
  answered.resolve();
  await shutDown.promise;
  const rest = await client.rest();
  await sent;
  assertEquals(received + rest.length, ANSWER_SIZE + "\n1000000\n".length);
  client.close();
  await handled;
}

/** Sends until the server has closed the connection. */
async function flood(client: StreamClient, line: string): Promise<void> {
  const chunk = new Uint8Array(65_536);
  try {
    await client.connection.write(new TextEncoder().encode(line));
    while (await client.connection.write(chunk) > 0);
  } catch (error) {
    const lost = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.ConnectionReset;
    if (!lost) throw error;
  }
}

/** The same, for the classes that have connections. */
export const unreadInputScenarios: Scenario[] = aboutUnreadInput.map(
  (scenario) => ({ ...scenario, needs: { socketType: "SOCK_STREAM" } }),
);
