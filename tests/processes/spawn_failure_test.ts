import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  ChildProcessError,
  ForkingTCPServer,
} from "@socketserver/socketserver";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { WaitingHandler } from "../fixtures/handlers/waiting_handler.ts";
import { CountingHandler } from "../fixtures/handlers/counting_handler.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";

const LIMIT_MS = 30_000;

Deno.test("ForkingTCPServer.serveForever() rejects a denoPath that is not there", async () => {
  await using server = new ForkingTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    CountingHandler,
    { denoPath: "/not/there/deno" },
  );
  await assertRejects(
    () => deadline(server.serveForever(), LIMIT_MS),
    Deno.errors.NotFound,
    "/not/there/deno",
  );
});

Deno.test("ForkingTCPServer releases the clients for whom no child can be started, and goes on", async () => {
  await using session = new ForkingSession(CountingHandler, {
    minSpareChildren: 0,
  });
  const { server, record } = session;
  assertEquals(await session.ask(""), "1");
  const { denoPath } = server;
  server.denoPath = "/not/there/deno";
  for (let i = 1; i < 4; i++) {
    assertEquals(await session.ask(""), "");
    assertInstanceOf(await record.nth(i), Deno.errors.NotFound);
  }
  server.denoPath = denoPath;
  assertEquals(await session.ask(""), "1");
  await session.close();
  assertEquals(record.errors.length, 3);
});

Deno.test("ForkingTCPServer releases a client that waited for a child that cannot be started", async () => {
  await using session = new ForkingSession(WaitingHandler, { maxChildren: 1 });
  const { server, record } = session;
  await using first = new Dialogue(await session.connect());
  assertEquals(await first.receive(), "begun");
  const accepted = Promise.withResolvers<void>();
  server.verifyRequest = () => {
    accepted.resolve();
    return true;
  };
  await using second = new Dialogue(await session.connect());
  await deadline(accepted.promise, LIMIT_MS);
  server.denoPath = "/not/there/deno";
  await first.send("go on");
  await second.ended();
  assertInstanceOf(await record.nth(1), Deno.errors.NotFound);
});

Deno.test("ForkingTCPServer releases the clients whose children can't start Deno, and goes on", async () => {
  await using session = new ForkingSession(CountingHandler, {
    minSpareChildren: 0,
  });
  const { server, record } = session;
  assertEquals(await session.ask(""), "1");
  server.denoFlags = ["--no-such-flag"];
  assertEquals(await session.ask(""), "");
  const error = await record.nth(1);
  assertInstanceOf(error, ChildProcessError);
  assertStringIncludes(error.stderr, "--no-such-flag");
  server.denoFlags = [];
  assertEquals(await session.ask(""), "1");
});

Deno.test("ForkingTCPServer.serveForever() rejects without the permission to run Deno", async () => {
  await using server = ForkingProcess.serving(CountingHandler, {}, {
    flags: ["--allow-net", "--allow-sys"],
  });
  assertMatch((await server.line())!, /"port":/);
  assertEquals((await server.ended()).code, 1);
  assertMatch(await server.printed(), /NotCapable: Requires run access/);
});

Deno.test("ForkingTCPServer releases the clients whose children it may not start any more, and goes on", async () => {
  await using server = new ForkingProcess([], {
    flags: ["--allow-net", "--allow-run"],
    program: import.meta.resolve("../fixtures/programs/revoking_program.ts"),
  });
  assertEquals(await server.ask(""), "1");
  for (let i = 0; i < 3; i++) {
    assertEquals(await server.ask(""), "");
    assertEquals(await server.line(), "NotCapable");
  }
});
