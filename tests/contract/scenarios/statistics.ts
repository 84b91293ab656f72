import { assert, assertEquals } from "@std/assert";
import type { ServerStats } from "@socketserver/socketserver";
import { until } from "../../fixtures/until.ts";
import type { StreamClient } from "../clients.ts";
import { holding } from "../held_requests.ts";
import type { Scenario } from "../scenario.ts";

const NONE = {
  accepted: 0,
  refused: 0,
  handled: 0,
  failed: 0,
  active: 0,
  waiting: 0,
};

/** What a server counts. */
export const statisticsScenarios: Scenario[] = [
  {
    name: "stats says what became of each request",
    async run(f) {
      let verdict = true;
      class Server extends f.Server {
        override verifyRequest(): boolean {
          return verdict;
        }
      }
      const options = { data: [] };
      await using server = new Server(
        f.address(),
        f.handlers.FailingStep,
        options,
      );
      assertEquals(server.stats, NONE);
      const serving = server.serveForever();
      for (const [i, step] of ["", "handle", "setup", ""].entries()) {
        using client = await f.connect(server);
        await client.send(step);
        if (f.isStream) await (client as StreamClient).ended();
        if (f.isStream) client.close();
        await until(() => ended(server.stats) === i + 1);
      }
      verdict = false;
      using client = await f.connect(server);
      await client.send("refused");
      if (f.isStream) await (client as StreamClient).ended();
      client.close();
      await until(() => server.stats.refused === 1);
      await server.serverClose();
      await serving;
      assertEquals(server.stats, {
        ...NONE,
        accepted: 5,
        refused: 1,
        handled: 2,
        failed: 2,
      });
      assertEquals(f.record.take().length, 2);
    },
  },
  {
    name: "stats counts what is being handled, and is a snapshot",
    async run(f) {
      const held = holding(f.Server);
      await using server = new held.Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      const answer = f.ask(server, "held");
      await held.held;
      const during = server.stats;
      held.release();
      assertEquals(await answer, "held");
      await server.serverClose();
      await serving;
      assertEquals(during, { ...NONE, accepted: 1, active: 1 });
      assertEquals(server.stats, { ...NONE, accepted: 1, handled: 1 });
    },
  },
  {
    name: "stats counts what waits for a thread or a child",
    needs: { remote: true, socketType: "SOCK_STREAM" },
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho, {
        ...{ maxThreads: 1, requestsPerThread: 1 },
        ...{ maxChildren: 1, requestsPerChild: 1 },
      });
      const serving = server.serveForever();
      using first = await f.connect(server); // it says nothing for now
      await until(() => server.stats.active === 1);
      using second = await f.connect(server);
      await second.send("second");
      await until(() => server.stats.waiting === 1);
      assert(server.stats.active >= server.stats.waiting);
      await first.send("first");
      assertEquals(await first.receive(), "first");
      assertEquals(await second.receive(), "second");
      await server.shutdown();
      await serving;
    },
  },
];

function ended(stats: ServerStats): number {
  return stats.refused + stats.handled + stats.failed;
}
