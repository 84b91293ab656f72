import { assertEquals } from "@std/assert";
import { BusyLoop } from "../../fixtures/busy_loop.ts";
import type { Fixture } from "../fixture.ts";
import { override } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

/** One request at a time, with and without a timeout. */
export const handleRequestScenarios: Scenario[] = [
  {
    name: "handleRequest() waits for a client if timeout is null",
    async run(f) {
      const { Server, timeouts } = counting(f);
      await using server = new Server(f.address(), f.handlers.LineEcho);
      assertEquals(server.timeout, null);
      const handled = server.handleRequest();
      assertEquals(await f.ask(server, "late"), "late");
      await handled;
      assertEquals(timeouts, []);
    },
  },
  {
    name: "handleRequest() handles one request and no more",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      let verified = 0;
      server.verifyRequest = () => ++verified > 0;
      using first = await f.connect(server);
      using second = await f.connect(server);
      await first.send("first");
      await second.send("second");
      await server.handleRequest();
      assertEquals(await first.receive(), "first");
      assertEquals(verified, 1);
      await server.handleRequest();
      assertEquals(await second.receive(), "second");
      assertEquals(verified, 2);
    },
  },
  {
    name: "handleRequest() handles a request within a timeout of 3600",
    async run(f) {
      const { Server, timeouts } = counting(f);
      const options = { timeout: 3600 };
      await using server = new Server(
        f.address(),
        f.handlers.LineEcho,
        options,
      );
      const handled = server.handleRequest();
      assertEquals(await f.ask(server, "in time"), "in time");
      await handled;
      assertEquals(timeouts, []);
    },
  },
  ...[0.001, 0, -1].map((timeout): Scenario => ({
    name: `handleRequest() gives up with a timeout of ${timeout}`,
    async run(f) {
      const { Server, timeouts } = counting(f);
      await using server = new Server(f.address(), f.handlers.LineEcho);
      server.timeout = timeout;
      await server.handleRequest();
      await server.handleRequest();
      assertEquals(timeouts.length, 2);
    },
  })),
  ...[0, -1].map((timeout): Scenario => ({
    name:
      `handleRequest() with a timeout of ${timeout} handles a client that waits`,
    async run(f) {
      const { Server, timeouts } = counting(f);
      const options = { timeout };
      await using server = new Server(
        f.address(),
        f.handlers.LineEcho,
        options,
      );
      // A race that is lost now and then would be lost within so many; where
      // each round starts a process, it is the same race.
      const rounds = f.serverClass.remote ? 2 : 20;
      for (let i = 0; i < rounds; i++) {
        using client = await f.connect(server);
        await client.send("waiting");
        await server.handleRequest();
        assertEquals(timeouts, [], `round ${i}`);
        assertEquals(await client.receive(), "waiting");
      }
    },
  })),
  {
    name: "handleRequest() with a timeout of 0 handles one in a busy loop, too",
    async run(f) {
      const { Server, timeouts } = counting(f);
      await using server = new Server(
        f.address(),
        f.handlers.LineEcho,
        { timeout: 0 },
      );
      using client = await f.connect(server);
      await client.send("waiting");
      {
        using _busy = new BusyLoop();
        await server.handleRequest();
      }
      assertEquals(timeouts, []);
      assertEquals(await client.receive(), "waiting");
    },
  },
  {
    name: "handleRequest() loses no client that comes after a timeout",
    async run(f) {
      const options = { timeout: 0 };
      await using server = new f.Server(
        f.address(),
        f.handlers.LineEcho,
        options,
      );
      await server.handleRequest();
      using client = await f.connect(server);
      await client.send("later");
      server.timeout = null;
      await server.handleRequest();
      assertEquals(await client.receive(), "later");
    },
  },
  {
    name: "handleRequest() serves in a loop of the user's own",
    async run(f) {
      const options = { timeout: 0.01 };
      await using server = new f.Server(
        f.address(),
        f.handlers.LineEcho,
        options,
      );
      let stopped = false;
      const loop = (async () => {
        while (!stopped) await server.handleRequest();
      })();
      for (const line of ["one", "two", "three"]) {
        assertEquals(await f.ask(server, line), line);
      }
      stopped = true;
      await loop;
    },
  },
  {
    name: "handleRequest() does not call serviceActions()",
    async run(f) {
      let calls = 0;
      class Server extends f.Server {
        override serviceActions(): void {
          calls++;
        }
      }
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const handled = server.handleRequest();
      assertEquals(await f.ask(server, "handled"), "handled");
      await handled;
      assertEquals(calls, 0);
    },
  },
  {
    name: "handleRequest() is ended by serverClose()",
    async run(f) {
      const { Server, timeouts } = counting(f);
      const waiting = Promise.withResolvers<void>();
      override(Server, "getRequest", (proceed) => {
        waiting.resolve();
        return proceed();
      });
      const server = new Server(f.address(), f.handlers.LineEcho);
      const handled = server.handleRequest();
      await waiting.promise;
      await server.serverClose();
      await handled;
      assertEquals(timeouts, []);
    },
  },
  {
    name: "serviceActions() is called again and again while nobody comes",
    async run(f) {
      await using server = new (calling(f, 3))(
        f.address(),
        f.handlers.LineEcho,
      );
      await server.serveForever({ pollInterval: 0.001 });
    },
  },
  {
    name: "serviceActions() is called after each request",
    async run(f) {
      await using server = new (calling(f, 2))(
        f.address(),
        f.handlers.LineEcho,
      );
      const serving = server.serveForever({ pollInterval: null });
      assertEquals(await f.ask(server, "one"), "one");
      assertEquals(await f.ask(server, "two"), "two");
      await serving;
    },
  },
  {
    name: "serviceActions() may be asynchronous",
    async run(f) {
      const order: string[] = [];
      class Server extends f.Server {
        override async serviceActions(): Promise<void> {
          order.push("begin");
          await Promise.resolve();
          order.push("end");
          if (order.length === 4) await this.shutdown();
        }
      }
      await using server = new Server(f.address(), f.handlers.LineEcho);
      await server.serveForever({ pollInterval: 0.001 });
      assertEquals(order, ["begin", "end", "begin", "end"]);
    },
  },
];

/** Makes a class that counts its timeouts. */
function counting(f: Fixture) {
  const timeouts: string[] = [];
  class Server extends f.Server {}
  override(Server, "handleTimeout", () => {
    timeouts.push("timeout");
  });
  return { Server, timeouts };
}

/** Makes a class that stops after some calls of `serviceActions()`. */
function calling(f: Fixture, limit: number) {
  return class extends f.Server {
    #calls = 0;
    override serviceActions(): void {
      if (++this.#calls === limit) this.shutdown();
    }
  };
}
