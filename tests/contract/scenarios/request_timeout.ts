import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { ConsoleErrors } from "../../fixtures/console_errors.ts";
import { until } from "../../fixtures/until.ts";
import type { StreamClient } from "../clients.ts";
import { override } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

const OPTIONS = { requestTimeout: 0.3 };
const { TimedOut } = Deno.errors;

/** What happens to requests that take too long. */
export const requestTimeoutScenarios: Scenario[] = [
  {
    name:
      "requestTimeout ends a request whose handler never does, and the loop goes on",
    waits: true,
    async run(f) {
      await using server = new f.Server(
        f.address(),
        f.handlers.Endless,
        OPTIONS,
      );
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("endless");
      const { error, ...about } = await f.record.nthReport(1);
      assertInstanceOf(error, TimedOut);
      assertEquals(
        error.message,
        "Cannot handle the request within the requestTimeout: current value is 0.3 seconds",
      );
      if (!f.isUnixStream) assertEquals(about.clientAddress, client.address);
      if (f.isStream) await (client as StreamClient).ended();
      server.requestTimeout = null; // a thread or a child may have to start
      assertEquals(await f.ask(server, "served"), "served");
      await server.serverClose();
      await serving;
      assertEquals(f.record.take().length, 1);
      const { handled, failed, active } = server.stats;
      assertEquals({ handled, failed, active }, {
        handled: 1,
        failed: 1,
        active: 0,
      });
    },
  },
  {
    name:
      "requestTimeout is told by the signal, and what the handler still says is heard",
    waits: true,
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.Signal, {
        // A thread or a child has to start within it.
        requestTimeout: f.serverClass.remote ? 2 : 0.3,
      });
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("a question");
      if (f.isStream) assertEquals(await client.receive(), "begun");
      assertEquals(await client.receive(), "TimedOut");
      assertInstanceOf(await f.record.nth(1), TimedOut);
      client.close();
      await server.serverClose();
      await serving;
      assertEquals(f.record.take().length, 1);
      assertEquals(server.stats.failed, 1);
    },
  },
  {
    name: "requestTimeout ends handleRequest(), whatever the handler does",
    needs: { concurrent: false },
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.Endless, {
        requestTimeout: 0.01,
      });
      using client = await f.connect(server);
      await client.send("endless");
      await server.handleRequest();
      assertInstanceOf(f.record.take()[0], TimedOut);
      server.requestTimeout = null;
      const answer = f.ask(server, "served");
      await server.handleRequest();
      assertEquals(await answer, "served");
    },
  },
  ...(["verifyRequest", "handleRefusal"] as const).map((hook): Scenario => ({
    name: `requestTimeout ends a request that ${hook}() keeps for ever`,
    waits: true,
    async run(f) {
      let hangs = true;
      class Server extends f.Server {}
      override(
        Server,
        hook,
        (proceed) => hangs ? new Promise(() => {}) : proceed(),
      );
      if (hook === "handleRefusal") {
        override(Server, "verifyRequest", () => !hangs);
      }
      await using server = new Server(f.address(), f.handlers.LineEcho, {
        requestTimeout: 0.01,
      });
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("unlucky");
      assertInstanceOf(await f.record.nth(1), TimedOut);
      if (f.isStream) await (client as StreamClient).ended();
      hangs = false;
      server.requestTimeout = null;
      assertEquals(await f.ask(server, "served"), "served");
      await server.serverClose();
      await serving;
      assertEquals(f.record.take().length, 1);
    },
  })),
  {
    name: "requestTimeout is reported in one line by default",
    async run(f) {
      using stderr = new ConsoleErrors();
      const { Server } = f.serverClass;
      await using server = new Server(f.address(), f.handlers.Endless, OPTIONS);
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("endless");
      await stderr.first;
      await until(() => server.stats.active === 0);
      await server.serverClose();
      await serving;
      assertEquals(stderr.texts.length, 1);
      assert(!stderr.texts[0]!.includes("\n"), stderr.texts[0]);
    },
  },
];
