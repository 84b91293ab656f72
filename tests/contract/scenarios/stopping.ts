import type { AnyServer } from "@socketserver/socketserver";
import { assertEquals, assertRejects } from "@std/assert";
import { override } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

const never = () => new Promise(() => {});

/** The hooks of a request that may hang when it is refused. */
const HANGING = [
  "verifyRequest",
  "processRequest",
  "finishRequest",
  "shutdownRequest",
  "closeRequest",
] as const;

/** What could keep a server from stopping, and does not. */
export const stoppingScenarios: Scenario[] = [
  ...HANGING.map((hook): Scenario => ({
    name: `serverClose() ends at drainTimeout although ${hook}() never settles`,
    waits: true,
    async run(f) {
      const hanging = Promise.withResolvers<void>();
      class Server extends f.Server {}
      override(Server, hook, () => {
        hanging.resolve();
        return never();
      });
      const server: AnyServer = new Server(f.address(), f.handlers.LineEcho, {
        drainTimeout: 0.01,
      });
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("hello");
      await hanging.promise;
      await server.serverClose();
      await serving;
    },
  })),
  {
    name:
      "serverClose() ends at drainTimeout although handleError() never settles",
    waits: true,
    async run(f) {
      const hanging = Promise.withResolvers<void>();
      class Server extends f.Server {}
      override(Server, "handleError", () => {
        hanging.resolve();
        return never();
      });
      override(Server, "verifyRequest", () => {
        throw new RangeError("verifyRequest failed");
      });
      const server: AnyServer = new Server(f.address(), f.handlers.LineEcho, {
        drainTimeout: 0.01,
      });
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("hello");
      await hanging.promise;
      await server.serverClose();
      await serving;
    },
  },
  {
    name:
      "serverClose() ends at drainTimeout although serviceActions() never settles",
    waits: true,
    async run(f) {
      const hanging = Promise.withResolvers<void>();
      class Server extends f.Server {}
      override(Server, "serviceActions", () => {
        hanging.resolve();
        return never();
      });
      const server: AnyServer = new Server(f.address(), f.handlers.LineEcho, {
        drainTimeout: 0.01,
      });
      const serving = server.serveForever({ pollInterval: 0.001 });
      await hanging.promise;
      await server.serverClose();
      await serving;
    },
  },
  {
    name:
      "serverClose() closes the connection that an overridden getRequest() has not returned",
    needs: { socketType: "SOCK_STREAM" },
    async run(f) {
      const greeting = Promise.withResolvers<void>();
      class Server extends f.Server {
        // deno-lint-ignore no-explicit-any -- as the base has it
        override async getRequest(): Promise<any> {
          const arrival = await super.getRequest();
          greeting.resolve();
          await arrival[0].read(new Uint8Array(1));
          return arrival;
        }
      }
      const server: AnyServer = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      using silent = await f.connectStream(server);
      await greeting.promise;
      await server.serverClose();
      await serving;
      await silent.ended();
    },
  },
  {
    name: "serverClose() called by verifyRequest() leaves no client unanswered",
    needs: { socketType: "SOCK_STREAM", concurrent: true },
    async run(f) {
      class Server extends f.Server {}
      override(Server, "verifyRequest", (proceed) => {
        server.serverClose();
        return proceed();
      });
      const server: AnyServer = new Server(f.address(), f.handlers.LineEcho);
      const clients = [];
      for (let i = 0; i < 5; i++) {
        const client = await f.connectStream(server);
        await client.send(`line ${i}`);
        clients.push(client);
      }
      await server.serveForever();
      for (const [i, client] of clients.entries()) {
        assertEquals(await client.receive(), `line ${i}`);
        client.close();
      }
      await server.serverClose();
    },
  },
  {
    name: "serverClose() ends although getRequest() never settles",
    async run(f) {
      const hanging = Promise.withResolvers<void>();
      class Server extends f.Server {}
      override(Server, "getRequest", () => {
        hanging.resolve();
        return never();
      });
      const server: AnyServer = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      await hanging.promise;
      await server.serverClose();
      await serving;
    },
  },
  {
    name:
      "shutdown() ends serveForever() at drainTimeout although verifyRequest() never settles",
    waits: true,
    async run(f) {
      const hanging = Promise.withResolvers<void>();
      class Server extends f.Server {}
      override(Server, "verifyRequest", () => {
        hanging.resolve();
        return never();
      });
      await using server = new Server(f.address(), f.handlers.LineEcho, {
        drainTimeout: 0.01,
      });
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("hello");
      await hanging.promise;
      await server.shutdown();
      await serving;
    },
  },
  {
    name:
      "shutdown() ends serveForever() at drainTimeout although a client is silent",
    needs: { socketType: "SOCK_STREAM" },
    async run(f) {
      const begun = Promise.withResolvers<void>();
      class Server extends f.Server {}
      override(Server, "finishRequest", (proceed) => {
        begun.resolve();
        return proceed();
      });
      await using server = new Server(f.address(), f.handlers.LineEcho, {
        drainTimeout: 0.01,
      });
      const serving = server.serveForever();
      using _silent = await f.connectStream(server);
      await begun.promise;
      await server.shutdown();
      await serving;
      const again = server.serveForever();
      assertEquals(await f.ask(server, "served"), "served");
      await server.serverClose();
      await again;
      f.record.take(); // how the silent client's handler learned of its end
    },
  },
  {
    name: "verifyRequest() that is slow for one client holds no other",
    needs: { concurrent: true },
    async run(f) {
      const held = Promise.withResolvers<void>();
      const verified = Promise.withResolvers<boolean>();
      let slow = true;
      class Server extends f.Server {}
      override(Server, "verifyRequest", () => {
        if (!slow) return true;
        slow = false;
        held.resolve();
        return verified.promise;
      });
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      using first = await f.connect(server);
      await first.send("first");
      await held.promise;
      assertEquals(server.activeRequests.length, 1);
      assertEquals(await f.ask(server, "second"), "second");
      verified.resolve(true);
      assertEquals(await first.receive(), "first");
      await server.serverClose();
      await serving;
    },
  },
  {
    name: "serveForever() checks its arguments before anything starts",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      // deno-lint-ignore no-explicit-any -- what the compiler would refuse
      const wrong: any[] = [
        { signal: new AbortController() },
        { signal: "abort" },
        { pollInterval: 1n },
        { pollInterval: "1" },
        { pollInterval: NaN },
        { pollInterval: -1 },
        "options",
      ];
      for (const options of wrong) {
        const error = await assertRejects(() => server.serveForever(options));
        assertEquals(
          error instanceof TypeError || error instanceof RangeError,
          true,
          Deno.inspect(options),
        );
      }
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "served"), "served");
      await server.shutdown();
      await serving;
    },
  },
];
