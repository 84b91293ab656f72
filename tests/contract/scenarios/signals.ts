import { assertEquals } from "@std/assert";
import type { AnyServer } from "@socketserver/socketserver";
import { until } from "../../fixtures/until.ts";
import type { Client, StreamClient } from "../clients.ts";
import type { Fixture } from "../fixture.ts";
import type { Scenario } from "../scenario.ts";

/** The ways to tell a server that it is to stop. */
const STOPS: Record<string, (server: AnyServer) => Promise<unknown>> = {
  "shutdown()": (server) => server.shutdown(),
  "serverClose()": (server) => server.serverClose(),
};

/** Sends a request, and waits until it is being handled. */
async function begin(f: Fixture, server: AnyServer): Promise<Client> {
  const client = await f.connect(server);
  await client.send("a question");
  if (f.isStream) assertEquals(await client.receive(), "begun");
  else await until(() => server.stats.active > 0);
  return client;
}

/** What handlers hear of the end that they are to come to. */
export const signalScenarios: Scenario[] = [
  ...Object.entries(STOPS).map(([name, stop]): Scenario => ({
    name: `${name} aborts the signal of each handler, which may still answer`,
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.Signal);
      const serving = server.serveForever();
      using client = await begin(f, server);
      const stopped = stop(server);
      assertEquals(await client.receive(), "ServerStoppingError");
      client.close();
      await stopped;
      await serving;
      await until(() => server.stats.active === 0);
      assertEquals(server.stats.handled, 1);
    },
  })),
  {
    name: "serveForever() whose signal is aborted aborts those of the handlers",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.Signal);
      const controller = new AbortController();
      const serving = server.serveForever({ signal: controller.signal });
      using client = await begin(f, server);
      controller.abort();
      assertEquals(await client.receive(), "ServerStoppingError");
      await serving;
    },
  },
  {
    name: "shutdown() does not tell those that are served afterwards",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.Signal);
      await server.shutdown(); // nobody is told by this
      for (let run = 0; run < 2; run++) {
        const serving = server.serveForever();
        using client = await begin(f, server);
        const signal = server.requestSignal(server.activeRequests[0]);
        assertEquals(signal.aborted, false);
        await server.shutdown();
        assertEquals(await client.receive(), "ServerStoppingError");
        client.close();
        await serving;
        await until(() => server.stats.active === 0);
      }
    },
  },
  {
    name: "signal stays as it is when a client says that no more will come",
    needs: { socketType: "SOCK_STREAM" },
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.Signal);
      const serving = server.serveForever();
      using client = await begin(f, server);
      await (client as StreamClient).connection.closeWrite();
      const stopped = server.shutdown();
      assertEquals(await client.receive(), "ServerStoppingError");
      await stopped;
      await serving;
    },
  },
];
