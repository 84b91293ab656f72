import { type AnyServer, formatAddress } from "@socketserver/socketserver";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ConsoleErrors } from "../../fixtures/console_errors.ts";
import {
  AnsweringHandler,
  DatagramPartingHandler,
  StreamPartingHandler,
} from "../../fixtures/handlers/parting_handlers.ts";
import { ResettingClient } from "../../fixtures/clients/resetting_client.ts";
import type { StreamClient } from "../clients.ts";
import type { AnyHandlerClass, Fixture } from "../fixture.ts";
import type { Scenario } from "../scenario.ts";

/** A client asks a handler for a way, and parts from it; says where it was. */
type Parting = (f: Fixture, server: AnyServer, way: string) => Promise<string>;

const resets: Parting = async (_, server, way) => {
  const client = await ResettingClient.connect(server.serverAddress);
  const address = formatAddress(client.address);
  await client.send(way);
  await client.received();
  await client.reset();
  return address;
};
const leaves = parting((client) => client.close());
const leavesWithinALine = parting(async (client) => {
  await client.connection.write(new TextEncoder().encode("half a li"));
  client.close();
});
const sendsALongLine = parting((client) => client.send("x".repeat(100)));
const waits = parting((client) => client.ended());

/** The ways to go that are no fault of the program's: a line each. */
const PARTINGS: [way: string, part: Parting, name: RegExp][] = [
  ["read a line", resets, /ConnectionReset/],
  ["read exactly", resets, /ConnectionReset/],
  ["pipe", resets, /ConnectionReset/],
  ["read directly", resets, /ConnectionReset/],
  ["write", resets, /ConnectionReset|BrokenPipe/],
  ["write directly", resets, /ConnectionReset|BrokenPipe/],
  ["write", leaves, /ConnectionReset|BrokenPipe/],
  ["write directly", leaves, /ConnectionReset|BrokenPipe/],
  ["read exactly", leavesWithinALine, /UnexpectedEof/],
  ["read until", leavesWithinALine, /UnexpectedEof/],
  ["read a short line", sendsALongLine, /LineTooLongError/],
  ["read in time", waits, /TimedOut/],
];

/** What a client has no part in. */
const BUGS: [way: string, header: string][] = [
  ["ask a database", "ConnectionReset: by the database"],
  ["ask a slow database", "TimedOut: waiting for the database"],
  ["fail", "RangeError: a bug\\nException occurred"],
];

const aboutStreams: Scenario[] = [
  ...PARTINGS.map(([way, part, name]): Scenario => ({
    name:
      `handleError() prints one line where a handler is to ${way} and its client ${
        titleOf(part)
      }`,
    // Of Unix sockets there are no others that can be reset.
    needs: part === resets ? { addressFamily: "AF_INET" } : {},
    async run(f) {
      using stderr = new ConsoleErrors();
      const { server, reported, end } = serve(f, StreamPartingHandler);
      const address = await part(f, server, way);
      await reported;
      await end();
      assertLine(f, stderr, address);
      assert(name.test(stderr.texts[0]!), stderr.texts[0]);
    },
  })),
  {
    name:
      "handleError() prints one line for a client that left before its answer, if the server can know",
    async run(f) {
      using stderr = new ConsoleErrors();
      const Server = f.serverClass.Server;
      const server = new Server(f.address(), AnsweringHandler);
      const client = await f.connectStream(server);
      const address = formatAddress(client.address);
      await client.send("a question");
      client.close();
      await server.handleRequest();
      await server.serverClose();
      // A TCP client may have half-closed only, until it answers with a reset.
      if (stderr.texts.length === 0) assert("port" in server.serverAddress);
      else assertLine(f, stderr, address);
    },
  },
  ...BUGS.map((bug) => printsStack(bug, StreamPartingHandler)),
];

const aboutDatagrams: Scenario[] = [
  ...["write", "send"].flatMap((way) =>
    [true, false].map((leavesFile): Scenario => ({
      name: `handleError() prints one line for a client that left ${
        leavesFile ? "its socket file" : "nothing"
      } before its answer by ${way}()`,
      needs: { addressFamily: "AF_UNIX" },
      async run(f) {
        using stderr = new ConsoleErrors();
        const Server = f.serverClass.Server;
        const server = new Server(f.address(), DatagramPartingHandler);
        const client = f.connectDatagram(server);
        const { path } = client.address as Deno.UnixAddr;
        await client.send(way);
        client.close();
        if (!leavesFile) await Deno.remove(path);
        await server.handleRequest();
        await server.serverClose();
        assertLine(f, stderr, path);
        const name = leavesFile ? "ConnectionRefused: " : "NotFound: ";
        assertStringIncludes(stderr.texts[0]!, name);
      },
    }))
  ),
  printsStack(
    ["ask a database", "ConnectionRefused: by the database"],
    DatagramPartingHandler,
  ),
  printsStack(BUGS[2]!, DatagramPartingHandler),
];

/** What the server prints if nobody overrides `handleError()`. */
export const reportScenarios: Scenario[] = [
  ...aboutStreams.map((scenario): Scenario => ({
    ...scenario,
    needs: { ...scenario.needs, socketType: "SOCK_STREAM" },
  })),
  ...aboutDatagrams.map((scenario): Scenario => ({
    ...scenario,
    needs: { ...scenario.needs, socketType: "SOCK_DGRAM" },
  })),
];

function printsStack(
  [way, header]: [string, string],
  handler: AnyHandlerClass,
): Scenario {
  const isStream = handler === StreamPartingHandler;
  const title = isStream ? "a handler" : "a datagram's handler";
  return {
    name: `handleError() prints a stack where ${title} is to ${way}`,
    async run(f) {
      using stderr = new ConsoleErrors();
      const { server, reported, end } = serve(f, handler);
      using client = await f.connect(server);
      const address = formatAddress(client.address);
      await client.send(way);
      await reported;
      await end();
      assertEquals(stderr.texts.length, 1);
      const rule = "-".repeat(40);
      const [first, head, error, frame] = stderr.texts[0]!.split("\n");
      assertEquals([first, head!.startsWith("Exception"), error], [
        rule,
        true,
        header,
      ]);
      if (!f.isUnixStream) assertStringIncludes(head!, ` from ${address}`);
      assertStringIncludes(frame!, "parting_handlers.ts");
    },
  };
}

/** A server that does not keep its errors, but prints them. */
function serve(f: Fixture, handler: AnyHandlerClass): {
  server: AnyServer;
  reported: Promise<void>;
  end(): Promise<void>;
} {
  const { promise: reported, resolve } = Promise.withResolvers<void>();
  const server = new class extends f.serverClass.Server {
    override async handleError(
      ...report: Parameters<AnyServer["handleError"]>
    ): Promise<void> {
      await super.handleError(...report);
      resolve();
    }
  }(f.address(), handler);
  const serving = server.serveForever();
  const end = async () => {
    await server.serverClose();
    await serving;
  };
  return { server, reported, end };
}

/** One line has been printed, which names the client. */
function assertLine(
  f: Fixture,
  { texts }: ConsoleErrors,
  address: string,
): void {
  assertEquals(texts.length, 1, texts.join("\n"));
  const from = f.isUnixStream ? "an unnamed Unix socket" : address;
  const start = `Request from ${from} ended early: `;
  assertEquals(texts[0]!.slice(0, start.length), start, texts[0]);
  assertEquals(texts[0]!.split("\n").length, 1, texts[0]);
}

/** A client that is told that the handler has begun, before it parts. */
function parting(part: (client: StreamClient) => unknown): Parting {
  return async (f, server, way) => {
    const client = await f.connectStream(server);
    const address = formatAddress(client.address);
    await client.send(way);
    await client.receive();
    await part(client);
    return address;
  };
}

function titleOf(part: Parting): string {
  const titles: [Parting, string][] = [
    [resets, "resets the connection"],
    [leaves, "leaves"],
    [leavesWithinALine, "leaves within a line"],
    [sendsALongLine, "sends a long line"],
    [waits, "says nothing"],
  ];
  return titles.find(([other]) => other === part)![1];
}
