import type { AnyServer } from "@socketserver/socketserver";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { overrideExecutor } from "../../fixtures/override_executor.ts";
import type { StreamClient } from "../clients.ts";
import { assertSocketClosed } from "../closed_socket.ts";
import { holding } from "../held_requests.ts";
import { override } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

/** Serving, stopping and serving again. */
export const servingScenarios: Scenario[] = [
  {
    name: "serveForever() answers three clients in turn",
    async run(f) {
      const server = new f.Server(f.address(), f.handlers.LineEcho);
      const { socket } = server as AnyServer & { socket: Deno.Listener };
      assertEquals(server.serverAddress, socket.addr);
      const serving = server.serveForever();
      for (const line of ["hello world", "naïve", "x".repeat(1000)]) {
        assertEquals(await f.ask(server, line), line);
      }
      await server.shutdown();
      await serving;
      await server.serverClose();
      await assertSocketClosed(server);
    },
  },
  {
    name: "serveForever() ends if shutdown() follows at once",
    async run(f) {
      for (let i = 0; i < 20; i++) {
        await using server = new f.Server(f.address(), f.handlers.LineEcho);
        const serving = server.serveForever();
        await server.shutdown();
        await serving;
      }
    },
  },
  {
    name: "serveForever() ends when its signal is aborted",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      const controller = new AbortController();
      const serving = server.serveForever({ signal: controller.signal });
      assertEquals(await f.ask(server, "before"), "before");
      controller.abort();
      await serving;
    },
  },
  {
    name: "serveForever() ends at once if its signal has been aborted",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      await server.serveForever({ signal: AbortSignal.abort() });
    },
  },
  {
    name: "serveForever() serves again after shutdown() and loses no client",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      for (let run = 1; run <= 3; run++) {
        using early = await f.connect(server);
        await early.send(`early ${run}`);
        const serving = server.serveForever();
        assertEquals(await early.receive(), `early ${run}`);
        assertEquals(await f.ask(server, `late ${run}`), `late ${run}`);
        await server.shutdown();
        await serving;
      }
    },
  },
  {
    name: "serveForever() rejects while the server is serving",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      await assertRejects(() => server.serveForever(), Deno.errors.Busy);
      assertEquals(await f.ask(server, "alive"), "alive");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "serveForever() handles one request after the other, in order",
    needs: { concurrent: false },
    async run(f) {
      const order: string[] = [];
      class Server extends f.Server {}
      override(Server, "finishRequest", async (proceed) => {
        order.push("begin");
        if (order.length === 1) await second.send("second");
        await proceed();
        order.push("end");
      });
      await using server = new Server(f.address(), f.handlers.LineEcho);
      using first = await f.connect(server);
      using second = await f.connect(server);
      await first.send("first");
      const serving = server.serveForever();
      assertEquals(await first.receive(), "first");
      assertEquals(await second.receive(), "second");
      await server.shutdown();
      await serving;
      assertEquals(order, ["begin", "end", "begin", "end"]);
    },
  },
  {
    name: "serveForever() handles a request while another one waits",
    needs: { concurrent: true },
    async run(f) {
      const released = Promise.withResolvers<void>();
      let count = 0;
      class Server extends f.Server {}
      override(Server, "finishRequest", async (proceed) => {
        if (++count === 1) await released.promise;
        await proceed();
      });
      await using server = new Server(f.address(), f.handlers.LineEcho);
      using first = await f.connect(server);
      await first.send("first");
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "second"), "second");
      released.resolve();
      assertEquals(await first.receive(), "first");
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "shutdown() changes nothing before serveForever()",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      await server.shutdown();
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "served"), "served");
      await server.shutdown();
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "shutdown() may be called by a handler",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.Stop);
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "stop"), "stopped");
      await serving;
    },
  },
  {
    name: "shutdown() waits for the request that the loop handles",
    needs: { concurrent: false },
    async run(f) {
      const { Server, held, release } = holding(f.Server);
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("held");
      await held;
      let stopped = false;
      const stopping = server.shutdown().then(() => stopped = true);
      // Enough time for a shutdown() that does not wait.
      using later = await f.connect(server);
      await later.send("later");
      assert(!stopped);
      release();
      await stopping;
      assertEquals(await client.receive(), "held");
      await serving;
    },
  },
  {
    name: "serverClose() can be called before any request",
    async run(f) {
      const server = new f.Server(f.address(), f.handlers.LineEcho);
      await server.serverClose();
      await assertSocketClosed(server);
    },
  },
  {
    name: "serverClose() ends serveForever()",
    async run(f) {
      const server = new f.Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "served"), "served");
      await server.serverClose();
      await serving;
    },
  },
  {
    name: "serverClose() may be called twice and keeps the address",
    async run(f) {
      const server = new f.Server(f.address(), f.handlers.LineEcho);
      const { serverAddress } = server;
      await Promise.all([server.serverClose(), server.serverClose()]);
      await server.serverClose();
      assertEquals(server.serverAddress, serverAddress);
    },
  },
  {
    name: "serverClose() makes further serving reject",
    async run(f) {
      const server = new f.Server(f.address(), f.handlers.LineEcho);
      await server.serverClose();
      const { BadResource } = Deno.errors;
      await assertRejects(() => server.serveForever(), BadResource);
      await assertRejects(() => server.handleRequest(), BadResource);
    },
  },
  {
    name: "serverClose() waits for the requests that are being handled",
    needs: { concurrent: true },
    async run(f) {
      const { Server, held, release } = holding(f.Server);
      const server = new Server(f.address(), f.handlers.LineEcho);
      using client = await f.connect(server);
      await client.send("held");
      await server.handleRequest();
      await held;
      let closed = false;
      const closing = server.serverClose().then(() => closed = true);
      // A datagram's reply needs the socket, so there it is closed last.
      if (f.isStream) await assertSocketClosed(server);
      assert(!closed);
      release();
      await closing;
      await assertSocketClosed(server);
      assertEquals(server.activeRequests, []);
    },
  },
  {
    name: "serverClose() waits for nothing if blockOnClose is false",
    needs: { concurrent: true },
    async run(f) {
      const closed = Promise.withResolvers<void>();
      const Base = overrideExecutor(f.Server, "close", async (proceed) => {
        await proceed();
        closed.resolve();
      });
      const { Server, held, release } = holding(Base);
      const options = { blockOnClose: false };
      const server = new Server(f.address(), f.handlers.LineEcho, options);
      using client = await f.connect(server);
      await client.send("held");
      await server.handleRequest();
      await held;
      await server.serverClose();
      assertEquals(server.activeRequests.length, 1);
      release();
      await closed.promise;
    },
  },
  {
    name: "serverClose() releases a client that came too late",
    async run(f) {
      const server = new f.Server(f.address(), f.handlers.LineEcho, {
        timeout: 0,
      });
      await server.handleRequest();
      using client = await f.connect(server);
      await client.send("too late");
      const closed = server.serverClose();
      if (f.isStream) await (client as StreamClient).ended();
      client.close();
      await closed;
      assertEquals(server.activeRequests, []);
    },
  },
  {
    name: "[Symbol.asyncDispose]() closes the server",
    async run(f) {
      let disposed: AnyServer;
      {
        await using server = new f.Server(f.address(), f.handlers.LineEcho);
        disposed = server;
      }
      await assertSocketClosed(disposed);
    },
  },
];
