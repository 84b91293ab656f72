import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { ConsoleErrors } from "../../fixtures/console_errors.ts";
import type { StreamClient } from "../clients.ts";
import { override, REQUEST_HOOKS, type RequestHook } from "../hook_log.ts";
import type { Scenario } from "../scenario.ts";

/** How a hook can fail. */
const WAYS = [
  { how: "throws", fail: throwing },
  { how: "rejects", fail: rejecting },
];

/** What Python does not protect, and this library does. */
export const failingHooksScenarios: Scenario[] = [
  ...REQUEST_HOOKS.filter((hook) =>
    hook !== "getRequest" && hook !== "handleError"
  ).flatMap((hook) => WAYS.map((way) => survives(hook, way))),
  ...WAYS.map(survivesHandleError),
  ...WAYS.map(({ how, fail }): Scenario => ({
    name: `serviceActions() that ${how} is reported and does not end the loop`,
    async run(f) {
      class Server extends f.Server {
        override serviceActions(): Promise<void> {
          return fail("serviceActions");
        }
      }
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever({ pollInterval: 0.001 });
      const text = "RangeError: serviceActions failed";
      const { error, ...about } = await f.record.nthReport(1);
      assertEquals(String(error), text);
      assertEquals(about, { request: undefined, clientAddress: undefined });
      assertEquals(await f.ask(server, "served"), "served");
      await server.serverClose();
      await serving;
      assertEquals(new Set(f.record.take().map(String)), new Set([text]));
    },
  })),
  ...WAYS.map(({ how, fail }): Scenario => ({
    name: `handleTimeout() that ${how} makes handleRequest() reject`,
    async run(f) {
      class Server extends f.Server {
        override handleTimeout(): Promise<void> {
          return fail("handleTimeout");
        }
      }
      const options = { timeout: 0 };
      await using server = new Server(
        f.address(),
        f.handlers.LineEcho,
        options,
      );
      await assertRejects(
        () => server.handleRequest(),
        RangeError,
        "handleTimeout failed",
      );
    },
  })),
  ...["ECONNABORTED", "ENOTCONN", "EMFILE", "ENOBUFS"].map((
    code,
  ): Scenario => ({
    name: `getRequest() that fails with ${code} does not end the loop`,
    async run(f) {
      class Server extends f.Server {
        #calls = 0;
        // deno-lint-ignore no-explicit-any -- as the base has it
        override getRequest(): any {
          if (++this.#calls > 2) return super.getRequest();
          throw Object.assign(new Error(`getRequest: ${code}`), { code });
        }
      }
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "served"), "served");
      await server.shutdown();
      await serving;
      const [error, ...others] = f.record.take().map(String);
      assertEquals(error, `Error: getRequest: ${code}`);
      assertEquals(others, []);
    },
  })),
  ...WAYS.map(({ how, fail }): Scenario => ({
    name: `getRequest() that ${how} is reported and does not end the loop`,
    async run(f) {
      let failing = true;
      class Server extends f.Server {}
      override(
        Server,
        "getRequest",
        (proceed) => failing ? fail("getRequest") : proceed(),
      );
      await using server = new Server(f.address(), f.handlers.LineEcho);
      await server.handleRequest();
      const serving = server.serveForever();
      const { error, ...about } = await f.record.nthReport(1);
      assertEquals(String(error), "RangeError: getRequest failed");
      assertEquals(about, { request: undefined, clientAddress: undefined });
      failing = false;
      assertEquals(await f.ask(server, "served"), "served");
      await server.shutdown();
      await serving;
      assert(f.record.take().length <= 2);
    },
  })),
  {
    name: "getRequest() that finds the socket closed ends serveForever()",
    async run(f) {
      await using server = new f.Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      assertEquals(await f.ask(server, "served"), "served");
      (server as typeof server & { socket: Deno.Listener }).socket.close();
      await serving;
    },
  },
  {
    name: "handleError() prints the address and the stack by default",
    async run(f) {
      using stderr = new ConsoleErrors();
      const { Server } = f.serverClass;
      const options = { data: [] };
      const server = new Server(f.address(), f.handlers.FailingStep, options);
      const serving = server.serveForever();
      using client = await f.connect(server);
      await client.send("setup");
      await stderr.first;
      await server.shutdown();
      await serving;
      await server.serverClose();
      const [printed, ...more] = stderr.texts;
      assertEquals(more, []);
      assertStringIncludes(printed!, "-".repeat(40));
      assertStringIncludes(printed!, "Exception occurred during processing");
      assertStringIncludes(printed!, "RangeError: setup failed");
      assertStringIncludes(printed!, "failing_step_handlers.ts");
    },
  },
];

function survives(
  hook: RequestHook,
  { how, fail }: typeof WAYS[number],
): Scenario {
  return {
    name: `${hook}() that ${how} is reported and does not end the loop`,
    async run(f) {
      let failing = true;
      class Server extends f.Server {}
      override(
        Server,
        hook,
        (proceed) => failing ? fail(hook) : proceed(),
      );
      await using server = new Server(f.address(), f.handlers.LineEcho);
      const serving = server.serveForever();
      using unlucky = await f.connect(server);
      await unlucky.send("unlucky");
      await f.record.nth(1);
      // A stream ends only when the request is released.
      if (f.isStream) await (unlucky as StreamClient).ended();
      unlucky.close();
      failing = false;
      assertEquals(await f.ask(server, "lucky"), "lucky");
      await server.serverClose();
      await serving;
      // Python calls a hook again that fails to close a request.
      const errors = new Set(f.record.take().map(String));
      assertEquals(errors, new Set([`RangeError: ${hook} failed`]));
    },
  };
}

function survivesHandleError({ how, fail }: typeof WAYS[number]): Scenario {
  return {
    name: `handleError() that ${how} is printed once and releases the request`,
    async run(f) {
      using stderr = new ConsoleErrors();
      class Server extends f.Server {
        override handleError(): Promise<void> {
          return fail("handleError");
        }
      }
      const options = { data: [] };
      const server = new Server(f.address(), f.handlers.FailingStep, options);
      const serving = server.serveForever();
      using unlucky = await f.connect(server);
      await unlucky.send("setup");
      await stderr.first;
      if (f.isStream) await (unlucky as StreamClient).ended();
      using lucky = await f.connect(server);
      await lucky.send("");
      if (f.isStream) await (lucky as StreamClient).ended();
      else assertEquals(await lucky.receive(), "setup handle finish ");
      await server.shutdown();
      await serving;
      await server.serverClose();
      const [printed, ...more] = stderr.texts;
      assertStringIncludes(printed!, "RangeError: handleError failed");
      assertEquals(more, []);
    },
  };
}

function throwing(hook: string): never {
  throw new RangeError(`${hook} failed`);
}

function rejecting(hook: string): Promise<never> {
  return Promise.reject(new RangeError(`${hook} failed`));
}
