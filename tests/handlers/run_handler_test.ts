import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { BaseRequestHandler } from "@socketserver/socketserver";
import { isHandlerClass, runHandler } from "../../src/handlers/run_handler.ts";

const CLIENT = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;

/** Notes what it is given. */
class NotingHandler extends BaseRequestHandler<string[]> {
  override handle() {
    this.request.push("handled");
  }
}

Deno.test("runHandler() makes an instance of a class and runs it", async () => {
  const notes: string[] = [];
  await runHandler(NotingHandler, notes, CLIENT, null);
  assertEquals(notes, ["handled"]);
});

Deno.test("runHandler() gives a class the request, the client's address and the server", async () => {
  const given: unknown[] = [];
  class Handler {
    constructor(...values: unknown[]) {
      given.push(...values);
    }
    run() {}
  }
  await runHandler(Handler, "request", CLIENT, "server");
  assertEquals(given, ["request", CLIENT, "server"]);
});

Deno.test("runHandler() calls a function with the request, the client's address and the server", async () => {
  const given: unknown[] = [];
  const note = (...values: unknown[]) => void given.push(...values.slice(0, 3));
  await runHandler(note, 1, CLIENT, "server");
  assertEquals(given, [1, CLIENT, "server"]);
});

for (
  const [kind, wrap] of Object.entries({
    returns: (handler: NotingHandler) => handler,
    "promises": (handler: NotingHandler) => Promise.resolve(handler),
  })
) {
  Deno.test(`runHandler() runs a handler that a function ${kind}`, async () => {
    const notes: string[] = [];
    const make = (request: string[], client: Deno.Addr) =>
      wrap(new NotingHandler(request, client, null!));
    await runHandler(make, notes, CLIENT, null);
    assertEquals(notes, ["handled"]);
  });
}

Deno.test("runHandler() takes a function of the old kind for no class", async () => {
  const notes: string[] = [];
  const handle = function (request: string[]) {
    request.push("called");
  };
  await runHandler(handle, notes, CLIENT, null);
  assertEquals(notes, ["called"]);
});

Deno.test("runHandler() waits for an asynchronous function, and rejects as it does", async () => {
  const fail = async () => {
    await Promise.resolve();
    throw new Error("failed");
  };
  await assertRejects(() => runHandler(fail, 1, CLIENT, null), Error, "failed");
});

Deno.test("runHandler() rejects as a handler's constructor throws", async () => {
  class Handler extends NotingHandler {
    constructor(request: string[], client: Deno.Addr) {
      super(request, client, null!);
      throw new Error("no instance");
    }
  }
  const run = () => runHandler(Handler, [], CLIENT, null);
  await assertRejects(run, Error, "no instance");
});

Deno.test("isHandlerClass() accepts handler classes and functions", () => {
  assert(isHandlerClass(NotingHandler));
  assert(isHandlerClass(() => {}));
  assert(isHandlerClass(async () => {}));
  assert(isHandlerClass(function () {}));
});

Deno.test("isHandlerClass() refuses what cannot handle requests", () => {
  const values = [null, undefined, 1, "Handler", {}, [], class {}, Map];
  for (const value of values) {
    assertFalse(isHandlerClass(value), Deno.inspect(value));
  }
});

for (const value of [undefined, null, "text"]) {
  Deno.test(`runHandler() rejects if a server's class has been set to ${value}`, async () => {
    await runHandler(NotingHandler, [], CLIENT, null);
    const running = runHandler(value as never, [], CLIENT, null);
    await assertRejects(() => running, TypeError);
  });
}
