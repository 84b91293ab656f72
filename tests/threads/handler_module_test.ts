import { fileURLToPath } from "node:url";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  HandlerNotFoundError,
  type RequestHandlerClass,
  type StreamRequest,
  StreamRequestHandler,
  type ThreadingOptions,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { ChildProgram } from "../fixtures/child_program.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import DefaultExportHandler from "../fixtures/handlers/default_export_handler.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { NestedServerHandler } from "../fixtures/handlers/nested_server_handler.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { FirstTwin } from "../fixtures/handlers/twin_handlers.ts";
import { allowReadOf } from "../fixtures/module_permissions.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

// How a thread finds the handler class, and what the server says if it can't.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;
const REMEDIES = [
  "export the class",
  "static moduleUrl = import.meta.url",
  "handlerModule option",
];

function fixture(name: string): string {
  const folder = name.endsWith("_program.ts") ? "programs" : "handlers";
  return new URL(`../fixtures/${folder}/${name}`, import.meta.url).href;
}

/** What serveForever() and handleRequest() reject with, which is the same. */
async function refusal(
  handler: RequestHandlerClass<StreamRequest>,
  options: ThreadingOptions = {},
): Promise<Error> {
  await using server = new ThreadingTCPServer(ADDRESS, handler, {
    maxThreads: 1,
    drainTimeout: 1,
    ...options,
  });
  const failed = (error: unknown) => error;
  const first = await deadline(server.serveForever().catch(failed), LIMIT_MS);
  const second = await deadline(server.handleRequest().catch(failed), LIMIT_MS);
  assertInstanceOf(first, Error);
  assertEquals(`${second}`, `${first}`);
  assertEquals(server.activeThreads, 0);
  return first;
}

function assertSays(error: Error, ...parts: string[]): void {
  for (const part of parts) {
    assert(error.message.includes(part), `No "${part}" in: ${error.message}`);
  }
}

Deno.test("ThreadingTCPServer.serveForever() rejects for a class that its module does not export", async () => {
  class LocalHandler extends StreamRequestHandler {
    static moduleUrl = fixture("obedient_handler.ts");
  }
  const error = await refusal(LocalHandler);
  assertInstanceOf(error, HandlerNotFoundError);
  assertSays(error, LocalHandler.moduleUrl, "LocalHandler", ...REMEDIES);
});

Deno.test("ThreadingTCPServer.finishRequest(), if it is overridden, is what tells of a class that its module does not export", async () => {
  class LocalHandler extends StreamRequestHandler {
    static moduleUrl = fixture("obedient_handler.ts");
  }
  class LoggingServer extends ThreadingTCPServer {
    override finishRequest(request: StreamRequest, address: Deno.Addr) {
      return super.finishRequest(request, address);
    }
  }
  await using server = new LoggingServer(ADDRESS, LocalHandler);
  const record = new ErrorRecord(server);
  const serving = server.serveForever();
  using _client = await LineClient.connect(server);
  const error = await record.nth(1);
  assertInstanceOf(error, HandlerNotFoundError);
  assertSays(error, LocalHandler.moduleUrl, "LocalHandler", ...REMEDIES);
  await deadline(server.shutdown(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
});

Deno.test("ThreadingTCPServer.serveForever() rejects with other reasons for which no thread can start, even if finishRequest() is overridden", async () => {
  class LoggingServer extends ThreadingTCPServer {
    override finishRequest(request: StreamRequest, address: Deno.Addr) {
      return super.finishRequest(request, address);
    }
  }
  const data: Record<string, unknown> = {};
  await using server = new LoggingServer(ADDRESS, ObedientHandler, { data });
  data.log = () => {}; // which cannot be cloned
  const serving = server.serveForever();
  await assertRejects(
    () => deadline(serving, LIMIT_MS),
    DOMException,
    "could not be cloned",
  );
});

Deno.test("ThreadingTCPServer.serveForever() rejects for a class without a name", async () => {
  const error = await refusal(class extends StreamRequestHandler {});
  assertInstanceOf(error, HandlerNotFoundError);
  assertSays(error, "name", ...REMEDIES);
});

Deno.test("ThreadingTCPServer.serveForever() rejects for two classes of one name", async () => {
  const error = await refusal(FirstTwin);
  assertInstanceOf(error, HandlerNotFoundError);
  assertSays(error, FirstTwin.moduleUrl, "TwinHandler", "2", ...REMEDIES);
});

for (const moduleUrl of ["./a.ts", 5, Symbol("a.ts")]) {
  Deno.test(`ThreadingTCPServer.serveForever() rejects for a static moduleUrl of ${Deno.inspect(moduleUrl)}`, async () => {
    class LostHandler extends StreamRequestHandler {
      static moduleUrl = moduleUrl;
    }
    const error = await refusal(LostHandler);
    assertInstanceOf(error, HandlerNotFoundError);
    assertSays(error, Deno.inspect(moduleUrl), "LostHandler", ...REMEDIES);
  });
}

Deno.test("ThreadingTCPServer.serveForever() rejects for a module that is missing", async () => {
  const handlerModule = fixture("no_such_module.ts");
  const error = await refusal(ObedientHandler, { handlerModule });
  assertSays(error, handlerModule, "ObedientHandler", ...REMEDIES);
});

Deno.test("ThreadingTCPServer.serveForever() rejects with what the module throws", async () => {
  const handlerModule = fixture("unloadable_handler.ts");
  const error = await refusal(ObedientHandler, { handlerModule });
  const texts = [error, error.cause].map((it) => `${it}`).join("\n");
  assert(texts.includes("RangeError: this module throws"), texts);
  assertSays(error, handlerModule);
});

Deno.test("ThreadingTCPServer.serveForever() can be called again when the module is right", async () => {
  await using server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 1,
    drainTimeout: 1,
  });
  Object.assign(server, { handlerModule: fixture("no_such_module.ts") });
  await deadline(server.serveForever().catch(() => {}), LIMIT_MS);
  Object.assign(server, { handlerModule: undefined });
  server.serveForever();
  using client = await LineClient.connect(server);
  assertEquals(await client.ask("hello"), "hello");
});

Deno.test("ThreadingTCPServer.serverClose() ends a server whose handler's module never ends", async () => {
  const server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 1,
    drainTimeout: 0.1,
    handlerModule: fixture("endless_module_handler.ts"),
  });
  const serving = server.serveForever().catch(() => {});
  await deadline(server.serverClose(), LIMIT_MS);
  await deadline(serving, LIMIT_MS);
  assertEquals(server.activeThreads, 0);
});

Deno.test("ThreadingTCPServer.shutdown() ends a server whose handler's module never ends", async () => {
  const server = new ThreadingTCPServer(ADDRESS, ObedientHandler, {
    maxThreads: 1,
    drainTimeout: 0.1,
    handlerModule: fixture("endless_module_handler.ts"),
  });
  const serving = server.serveForever();
  try {
    await deadline(server.shutdown(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
  } finally {
    serving.catch(() => {});
    await server.serverClose();
  }
});

Deno.test("ThreadingTCPServer finds a class that is the default export of its module", async () => {
  await using session = new ThreadingSession(DefaultExportHandler);
  using client = await session.connect();
  assertEquals(await client.line(), "from the default export");
});

Deno.test("ThreadingTCPServer prefers the handlerModule option to static moduleUrl", async () => {
  class ObedientHandler extends StreamRequestHandler {
    static moduleUrl = fixture("no_such_module.ts");
  }
  await using session = new ThreadingSession(ObedientHandler, {
    handlerModule: new URL(fixture("obedient_handler.ts")),
  });
  using client = await session.connect();
  assertEquals(await client.ask("found"), "found");
});

Deno.test("A program that does not export its handler is told so", async () => {
  await using program = ChildProgram.fixture("hidden_handler_program.ts");
  const message = JSON.parse((await program.line())!);
  const url = fixture("hidden_handler_program.ts");
  assertSays(new Error(message), url, "HiddenHandler", ...REMEDIES);
  assertEquals((await program.ended()).code, 0);
});

Deno.test("A program whose threads may not read its handler is told which permission is missing, and no more", async () => {
  const path = (relative: string) =>
    fileURLToPath(new URL(relative, import.meta.url));
  await using program = new ChildProgram(
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--allow-net=127.0.0.1",
    allowReadOf(path("../../src"), path("../../mod.ts")),
    path("../fixtures/programs/hidden_handler_program.ts"),
  );
  const message = JSON.parse((await program.line())!);
  assertSays(new Error(message), "HandlerNotFoundError", "--allow-read");
  for (const remedy of REMEDIES) assert(!message.includes(remedy), message);
});

Deno.test("A program that forgot its guard is told so, and starts no second server", async () => {
  await using program = ChildProgram.fixture("unguarded_program.ts");
  const message = JSON.parse((await program.line())!);
  const url = fixture("unguarded_program.ts");
  assertSays(new Error(message), "if (import.meta.main)", url);
  assertEquals(await program.line(), undefined);
  assertEquals((await program.ended()).code, 0);
});

Deno.test("A program that forgot its guard and serves later is told so by its thread", async () => {
  const name = "unguarded_main_program.ts";
  await using program = ChildProgram.fixture(name);
  const message = JSON.parse((await program.line())!);
  assertSays(new Error(message), "if (import.meta.main)", fixture(name));
});

Deno.test("ThreadingTCPServer serves in a thread with a handler of another module", async () => {
  await using session = new ThreadingSession(NestedServerHandler);
  using client = await session.connect();
  assertEquals(await client.ask("another"), "another");
  const refusal = await client.ask("the same");
  const { moduleUrl } = NestedServerHandler;
  assertSays(new Error(refusal!), "if (import.meta.main)", moduleUrl);
  assertEquals(await client.ask("another"), "another");
});
