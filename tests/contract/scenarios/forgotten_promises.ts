import { assertEquals } from "@std/assert";
import {
  DatagramForgetfulHandler,
  LeavingReadHandler,
  ReadingAheadHandler,
  StreamForgetfulHandler,
} from "../../fixtures/handlers/forgetful_handlers.ts";
import { override } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

/** The ways in which a handler can leave a read behind. */
const READS = [
  "readLine",
  "readExactly",
  "lines",
  "read",
  "pipeTo",
  "reader",
  "text",
];

/** What becomes of promises that nobody waits for. */
export const forgottenPromisesScenarios: Scenario[] = [
  {
    name: "handleError() is told of a promise that a handler forgot",
    async run(f) {
      const Handler = f.isStream
        ? StreamForgetfulHandler
        : DatagramForgetfulHandler;
      await using server = new f.Server(f.address(), Handler);
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "one"), "one");
      const text = "RangeError: forgotten: one";
      assertEquals(String(await f.record.nth(1)), text);
      assertEquals(await f.ask(server, "two"), "two");
      await f.record.nth(2);
      assertEquals(f.record.take().length, 2);
      await server.shutdown();
      await serving;
    },
  },
  {
    name: "handleError() is told of a promise that a hook forgot",
    async run(f) {
      class Server extends f.Server {}
      const forget = async () => {
        await null;
        throw new RangeError("forgotten");
      };
      override(Server, "verifyRequest", () => {
        forget();
        return true;
      });
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "served"), "served");
      const { error, ...about } = await f.record.nthReport(1);
      assertEquals(String(error), "RangeError: forgotten");
      assertEquals(about, { request: undefined, clientAddress: undefined });
      f.record.take();
      await server.shutdown();
      await serving;
    },
  },
  ...READS.map((way): Scenario => ({
    name: `shutdownRequest() ends a ${way} that a handler left, unreported`,
    needs: { socketType: "SOCK_STREAM" },
    async run(f) {
      await using server = new f.Server(f.address(), LeavingReadHandler);
      const serving = server.serveForever();
      for (let i = 0; i < 2; i++) {
        using client = await f.connectStream(server);
        await client.send(way);
        assertEquals(await client.rest(), `${way}\n`);
      }
      assertEquals(await f.ask(server, "served"), "served");
      await server.serverClose();
      await serving;
    },
  })),
  {
    name: "handleError() is told once if a handler fails while it reads ahead",
    needs: { socketType: "SOCK_STREAM" },
    async run(f) {
      await using server = new f.Server(f.address(), ReadingAheadHandler);
      const serving = server.serveForever();
      using client = await f.connectStream(server);
      await client.send("go");
      assertEquals(await client.rest(), "");
      assertEquals(
        String(await f.record.nth(1)),
        "RangeError: the query failed",
      );
      await server.serverClose();
      await serving;
      assertEquals(f.record.take().length, 1);
    },
  },
];
