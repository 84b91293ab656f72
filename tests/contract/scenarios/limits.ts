import { assertEquals, assertInstanceOf } from "@std/assert";
import { delay } from "@std/async/delay";
import type { AnyServer, ServerConstructor } from "@socketserver/socketserver";
import { until } from "../../fixtures/until.ts";
import type { Fixture } from "../fixture.ts";
import { holding } from "../held_requests.ts";
import type { Scenario } from "../scenario.ts";

const encoder = new TextEncoder();

/** A class that says why to each client that it refuses, and to which. */
function polite(
  f: Fixture,
  verdict: boolean | Promise<boolean> = false,
): { Server: ServerConstructor; refused: unknown[][] } {
  const refused: unknown[][] = [];
  class PoliteServer extends f.Server {
    override verifyRequest(): boolean | Promise<boolean> {
      return verdict;
    }
    override async handleRefusal(
      request: unknown,
      clientAddress: Deno.Addr,
      reason: string,
    ): Promise<void> {
      refused.push([clientAddress, reason, this.stats.active]);
      await say(f, request, clientAddress, `${reason}\n`);
    }
  }
  return { Server: PoliteServer, refused };
}

/** Writes to a client as a hook of the server's would. */
async function say(
  f: Fixture,
  request: unknown,
  address: Deno.Addr,
  text: string,
): Promise<void> {
  const bytes = encoder.encode(text);
  if (f.isStream) await (request as Deno.Conn).write(bytes);
  else {await (request as [Uint8Array, Deno.DatagramConn])[1].send(
      bytes,
      address,
    );}
}

/** How many requests are taken at once, and who is refused. */
export const limitScenarios: Scenario[] = [
  ...[false, Promise.resolve(false)].map((verdict): Scenario => ({
    name: `handleRefusal() may answer what verifyRequest() refuses ${
      verdict === false ? "at once" : "later"
    }`,
    async run(f) {
      const { Server, refused } = polite(f, verdict);
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("a question");
      assertEquals(await client.receive(), "verifyRequest");
      client.close();
      await server.serverClose();
      await serving;
      assertEquals(refused.map(([, ...rest]) => rest), [["verifyRequest", 1]]);
      assertEquals(server.stats, {
        accepted: 1,
        refused: 1,
        handled: 0,
        failed: 0,
        active: 0,
        waiting: 0,
      });
    },
  })),
  ...["throws", "rejects"].map((how): Scenario => ({
    name: `handleRefusal() that ${how} is reported and does not end the loop`,
    async run(f) {
      let refusing = true;
      class Server extends f.Server {
        override verifyRequest(): boolean {
          return !refusing;
        }
        override handleRefusal(): Promise<void> {
          const error = new RangeError("handleRefusal failed");
          if (how === "throws") throw error;
          return Promise.reject(error);
        }
      }
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("a question");
      assertInstanceOf(await f.record.nth(1), RangeError);
      client.close();
      refusing = false;
      assertEquals(await f.ask(server, "served"), "served");
      await server.serverClose();
      await serving;
      assertEquals(f.record.take().length, 1);
      const { refused, handled } = server.stats;
      assertEquals({ refused, handled }, { refused: 1, handled: 1 });
    },
  })),
  {
    name: "maxRequestsPerClient refuses what is more, until one has ended",
    needs: { concurrent: true },
    async run(f) {
      const { Server, refused } = polite(f, true);
      const held = holding(Server);
      await using server = new held.Server(f.address(), f.handlers.LineEcho, {
        maxRequestsPerClient: 1,
      });
      const serving = server.serveForever();
      if (f.isUnixStream) {
        // They have no names, so none is refused.
        using first = await f.connect(server);
        await first.send("first");
        await held.held;
        held.release();
        assertEquals(await f.ask(server, "second"), "second");
        assertEquals(await first.receive(), "first");
        assertEquals(refused, []);
      } else {
        using first = await f.connect(server);
        await first.send("first");
        await held.held;
        // Datagrams of one Unix client come from one socket.
        using second = f.isStream ? await f.connect(server) : null;
        await (second ?? first).send("second");
        assertEquals(await (second ?? first).receive(), "maxRequestsPerClient");
        assertEquals(refused.map((it) => it[1]), ["maxRequestsPerClient"]);
        second?.close();
        held.release();
        assertEquals(await first.receive(), "first");
        first.close();
        await until(() => server.stats.active === 0);
        assertEquals(await f.ask(server, "third"), "third");
      }
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "maxRequestsPerClient counts each client for itself",
    needs: {
      concurrent: true,
      addressFamily: "AF_UNIX",
      socketType: "SOCK_DGRAM",
    },
    async run(f) {
      const held = holding(f.Server);
      await using server = new held.Server(f.address(), f.handlers.LineEcho, {
        maxRequestsPerClient: 1,
      });
      const serving = server.serveForever();
      using first = await f.connect(server);
      using second = await f.connect(server);
      await first.send("first");
      await second.send("second");
      await until(() => server.stats.active === 2);
      held.release();
      assertEquals(await first.receive(), "first");
      assertEquals(await second.receive(), "second");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "maxActiveRequests has further requests wait, and loses none",
    needs: { concurrent: true },
    async run(f) {
      const held = holding(f.Server);
      await using server: AnyServer = new held.Server(
        f.address(),
        f.handlers.LineEcho,
        { maxActiveRequests: 2 },
      );
      let most = 0;
      const { getRequest } = server;
      server.getRequest = () => {
        most = Math.max(most, server.stats.active + 1);
        return getRequest.call(server);
      };
      const serving = server.serveForever();
      const answers = [1, 2, 3, 4, 5].map((i) => f.ask(server, `${i}`));
      await held.held;
      await until(() => server.stats.active === 2);
      assertEquals(server.stats.accepted, 2);
      held.release();
      assertEquals(await Promise.all(answers), ["1", "2", "3", "4", "5"]);
      assertEquals(most, 2);
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "maxActiveRequests that is raised lets those in who wait",
    needs: { concurrent: true },
    async run(f) {
      const held = holding(f.Server);
      await using server = new held.Server(f.address(), f.handlers.LineEcho, {
        maxActiveRequests: 1,
      });
      const serving = server.serveForever();
      const first = f.ask(server, "first");
      await held.held;
      const second = f.ask(server, "second");
      await delay(0); // by now the loop waits for room
      server.maxActiveRequests = 2;
      await until(() => server.stats.active === 2);
      held.release();
      assertEquals(await first, "first");
      assertEquals(await second, "second");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "maxActiveRequests holds for handleRequest(), too",
    needs: { concurrent: true },
    async run(f) {
      let timeouts = 0;
      class Server extends f.Server {
        override handleTimeout(): void {
          timeouts++;
        }
      }
      const held = holding(Server);
      await using server = new held.Server(f.address(), f.handlers.LineEcho, {
        maxActiveRequests: 1,
        timeout: null,
      });
      const first = f.ask(server, "first");
      await server.handleRequest();
      await held.held;
      const second = f.ask(server, "second");
      server.timeout = 0.01;
      await server.handleRequest();
      assertEquals([timeouts, server.stats.accepted], [1, 1]);
      server.timeout = null;
      const handled = server.handleRequest();
      held.release();
      await handled;
      assertEquals(await first, "first");
      assertEquals(await second, "second");
    },
  },
  {
    name: "maxActiveRequests does not keep serveForever() from stopping",
    needs: { concurrent: true },
    async run(f) {
      const held = holding(f.Server);
      await using server = new held.Server(f.address(), f.handlers.LineEcho, {
        maxActiveRequests: 1,
      });
      let serving = server.serveForever();
      const first = f.ask(server, "first");
      await held.held;
      const second = f.ask(server, "second");
      await server.shutdown();
      await serving;
      assertEquals(server.stats.accepted, 1);
      serving = server.serveForever();
      held.release();
      assertEquals(await first, "first");
      assertEquals(await second, "second");
      await server.shutdown();
      await serving;
    },
  },
];
