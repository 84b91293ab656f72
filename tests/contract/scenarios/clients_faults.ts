import type { AnyServer } from "@socketserver/socketserver";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { python } from "../../fixtures/clients/python.ts";
import { override } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

/** What a client can do to `getRequest()`, which ends nobody's server. */
export const clientsFaultsScenarios: Scenario[] = [
  {
    name: "getRequest() survives clients whose Unix names are not UTF-8",
    needs: { addressFamily: "AF_UNIX" },
    program: "python3",
    async run(f) {
      if (Deno.build.os !== "linux") return; // only there are such names
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      await python(
        "undecodable_unix_client.py",
        server.serverAddress.path,
        f.serverClass.socketType,
      );
      const { error, ...about } = await f.record.nthReport(1);
      assertInstanceOf(error, Deno.errors.InvalidData);
      assertEquals(about, { request: undefined, clientAddress: undefined });
      assertEquals(await f.ask(server, "served"), "served");
      await server.serverClose();
      await serving;
      f.record.take();
    },
  },
  ...["BadResource", "EINVAL", "hangs up", "undefined"].map((
    fault,
  ): Scenario => ({
    name:
      `getRequest() overridden to greet closes the connection if that fails: ${fault}`,
    needs: { socketType: "SOCK_STREAM" },
    async run(f) {
      class Server extends f.Server {
        // deno-lint-ignore no-explicit-any -- as the base has it
        override async getRequest(): Promise<any> {
          const arrival = await super.getRequest();
          const byte = new Uint8Array(1);
          const count = await arrival[0].read(byte);
          if (count !== null && byte[0] === 10) return arrival;
          if (fault === "undefined") throw undefined;
          if (fault === "hangs up") throw new RangeError("no greeting");
          if (fault === "BadResource") throw new Deno.errors.BadResource(fault);
          throw Object.assign(new Error(fault), { code: fault });
        }
      }
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      for (let i = 0; i < 3; i++) {
        using rude = await f.connectStream(server);
        if (fault === "hangs up") await rude.connection.closeWrite();
        else await rude.connection.write(new Uint8Array([71]));
        await rude.ended();
      }
      await f.record.nth(1);
      using polite = await f.connectStream(server);
      await polite.connection.write(new Uint8Array([10]));
      await polite.send("served");
      assertEquals(await polite.receive(), "served");
      await server.serverClose();
      await serving;
      assertEquals(f.record.take().length, 1);
    },
  })),
  {
    name:
      "serverClose() closes a connection that an overridden getRequest() still greets",
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
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      using silent = await f.connectStream(server);
      await greeting.promise;
      await server.serverClose();
      await serving;
      await silent.ended();
      f.record.take();
    },
  },
  {
    name:
      "getRequest() closes no connection that is being handled when a later one fails",
    needs: { socketType: "SOCK_STREAM", concurrent: true },
    async run(f) {
      let failing = false;
      class Server extends f.Server {}
      override(Server, "getRequest", (proceed) => {
        if (!failing) return proceed();
        failing = false;
        throw new RangeError("before it asks");
      });
      override(Server, "verifyRequest", () => failing = true);
      await using server: AnyServer = new Server(
        f.address(),
        f.handlers.LineEcho,
      );
      const serving = server.serveForever();
      using client = await f.connectStream(server);
      await f.record.nth(1);
      await client.send("still there");
      assertEquals(await client.receive(), "still there");
      f.record.take();
      await server.serverClose();
      await serving;
    },
  },
];
