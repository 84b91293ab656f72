import { fileURLToPath, pathToFileURL } from "node:url";
import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  ForkingTCPServer,
  HandlerNotFoundError,
  StreamRequestHandler,
} from "@socketserver/socketserver";
import DefaultExportHandler from "../fixtures/handlers/default_export_handler.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const ADDRESS = { hostname: "127.0.0.1", port: 0 };

class LocalHandler extends StreamRequestHandler {}

/** Serves with a handler from a module with this text. */
async function serve(text: string, method: "serveForever" | "handleRequest") {
  using folder = new TemporaryFolder();
  const path = `${folder.path}/handler.ts`;
  const library = import.meta.resolve("../../mod.ts");
  await Deno.writeTextFile(path, text.replace("LIBRARY", library));
  await using server = new ForkingTCPServer(ADDRESS, LocalHandler, {
    handlerModule: pathToFileURL(path),
    configPath: fileURLToPath(import.meta.resolve("../../deno.json")),
  });
  await deadline(server[method](), LIMIT_MS);
}

for (const method of ["serveForever", "handleRequest"] as const) {
  Deno.test(`ForkingTCPServer.${method}() rejects a class that its module doesn't export`, async () => {
    const error = await assertRejects(
      () => serve("class LocalHandler {}", method),
      HandlerNotFoundError,
    );
    assertMatch(
      error.message,
      /handler\.ts must export one class .* LocalHandler/,
    );
    assertMatch(error.message, /static moduleUrl.*handlerModule/);
  });
}

Deno.test("ForkingTCPServer.serveForever() rejects a class without a name", async () => {
  await using server = new ForkingTCPServer(
    ADDRESS,
    class extends StreamRequestHandler {},
  );
  await assertRejects(
    () => deadline(server.serveForever(), LIMIT_MS),
    HandlerNotFoundError,
    "must have a name",
  );
});

Deno.test("ForkingTCPServer.serveForever() rejects a module that throws while it is loaded", async () => {
  await assertRejects(
    () => serve('throw new RangeError("not today");', "serveForever"),
    Error,
    "not today",
  );
});

Deno.test("ForkingTCPServer.serveForever() rejects a module with a mistake in its text", async () => {
  await assertRejects(
    () => serve("export class {", "serveForever"),
    Error,
    "handler.ts",
  );
});

Deno.test("ForkingTCPServer.serveForever() rejects a module that is not there", async () => {
  await using server = new ForkingTCPServer(ADDRESS, LocalHandler, {
    handlerModule: import.meta.resolve("./not_there.ts"),
  });
  await assertRejects(
    () => deadline(server.serveForever(), LIMIT_MS),
    Error,
    "not_there.ts",
  );
});

Deno.test("ForkingTCPServer.serveForever() rejects a module that starts a server without its guard", async () => {
  const text = `
    import { ForkingTCPServer, StreamRequestHandler } from "LIBRARY";
    export class LocalHandler extends StreamRequestHandler {}
    const address = { hostname: "127.0.0.1", port: 0 };
    await new ForkingTCPServer(address, LocalHandler).serveForever();
  `;
  await assertRejects(
    () => serve(text, "serveForever"),
    Error,
    "if (import.meta.main)",
  );
});

Deno.test("ForkingTCPServer.serveForever() finds a class that is its module's default export", async () => {
  await using session = new ForkingSession(DefaultExportHandler);
  assertEquals(await session.ask(""), "from the default export\n");
});
