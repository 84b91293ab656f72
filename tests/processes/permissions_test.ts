import { pathToFileURL } from "node:url";
import {
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  type ChildPermissions,
  ForkingTCPServer,
} from "@socketserver/socketserver";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { ReachingHandler } from "../fixtures/handlers/reaching_handler.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const isWindows = Deno.build.os === "windows";
/** The permissions are the same for every request of a child. */
const REUSED = { maxRequestsPerChild: 100, maxChildren: 1 };

const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
Deno.test.afterAll(() => listener.close());
const { port } = listener.addr;
const reaches = {
  read: isWindows ? import.meta.filename! : "/etc/passwd",
  net: `${port}`,
  env: "PATH",
  run: Deno.execPath(),
};
type Kind = keyof typeof reaches;
const kinds = Object.keys(reaches) as Kind[];

function question(kind: Kind, target = reaches[kind]): string {
  return JSON.stringify([kind, target]);
}

for (const kind of kinds) {
  Deno.test(`ForkingTCPServer denies a handler ${kind} access, reports it and goes on`, async () => {
    await using session = new ForkingSession(ReachingHandler);
    assertEquals(await session.ask(question(kind)), "");
    const error = await session.record.nth(1);
    assertInstanceOf(error, Deno.errors.NotCapable);
    assertEquals(await session.ask(question(kind)), "");
    await session.record.nth(2);
  });
}

const grants: Record<Kind, Deno.PermissionOptionsObject> = {
  read: { read: true },
  net: { net: [`127.0.0.1:${port}`] },
  env: { env: ["PATH"] },
  run: { run: [Deno.execPath()] },
};
for (const granted of kinds) {
  Deno.test(`ForkingTCPServer.permissions grants ${granted} and nothing else`, async () => {
    await using session = new ForkingSession(ReachingHandler, {
      ...REUSED,
      permissions: grants[granted],
    });
    const reached = [];
    for (const kind of kinds) {
      if (await session.ask(question(kind)) === "reached") reached.push(kind);
    }
    assertEquals(reached, [granted]);
    await session.record.nth(kinds.length - 1);
    for (const error of session.record.errors) {
      assertInstanceOf(error, Deno.errors.NotCapable);
    }
  });
}

Deno.test("ForkingTCPServer.permissions grants the files of a list, by path and by URL", async () => {
  using folder = new TemporaryFolder();
  const files = ["a", "b c%20d", "denied"].map((it) => `${folder.path}/${it}`);
  for (const file of files) await Deno.writeTextFile(file, "");
  const url = pathToFileURL(files[1]!);
  await using session = new ForkingSession(ReachingHandler, {
    ...REUSED,
    permissions: { read: [files[0]!, url] },
  });
  const answers = [];
  for (const file of files) {
    answers.push(await session.ask(question("read", file)));
  }
  assertEquals(answers, ["reached", "reached", ""]);
});

Deno.test("ForkingTCPServer.permissions grants nothing with false and with an empty list", async () => {
  await using session = new ForkingSession(ReachingHandler, {
    ...REUSED,
    permissions: { read: [], net: false, env: [], run: [] },
  });
  for (const kind of kinds) assertEquals(await session.ask(question(kind)), "");
});

Deno.test("ForkingTCPServer.permissions inherits only what the program was granted in full", async () => {
  const flags = [
    "--allow-net",
    "--allow-env",
    "--allow-run",
    `--allow-read=${reaches.read}`,
  ];
  const serverOptions = { ...REUSED, permissions: "inherit" };
  await using server = ForkingProcess.serving(ReachingHandler, serverOptions, {
    flags,
  });
  const reached = [];
  for (const kind of kinds) {
    if (await server.ask(question(kind)) === "reached") reached.push(kind);
  }
  assertEquals(reached, ["net", "env", "run"]);
});

Deno.test("ForkingTCPServer.permissions inherits one kind by name", async () => {
  await using session = new ForkingSession(ReachingHandler, {
    ...REUSED,
    permissions: { env: "inherit" },
  });
  assertEquals(await session.ask(question("env")), "reached");
  assertEquals(await session.ask(question("read")), "");
});

const mistakes: Record<string, unknown> = {
  "an unknown name": { files: true },
  "a text for a list": { read: "/etc/passwd" },
  "null for a list": { net: null },
  "an item that Deno cannot tell from two": { read: ["/tmp/a,b"] },
  "an empty item": { read: [""] },
  "an item that is no text": { read: [5] },
  "a word that it does not know": "all",
};
for (const [mistake, permissions] of Object.entries(mistakes)) {
  Deno.test(`new ForkingTCPServer() refuses ${mistake} in permissions, and serveForever() rejects it if it comes later`, async () => {
    const make = (permissions: ChildPermissions) =>
      new ForkingTCPServer(
        { hostname: "127.0.0.1", port: 0 },
        ReachingHandler,
        { permissions },
      );
    const wrong = permissions as ChildPermissions;
    assertThrows(() => make(wrong), TypeError, "permission");
    await using server = make("none");
    server.permissions = wrong;
    const serving = deadline(server.serveForever(), LIMIT_MS);
    await assertRejects(() => serving, TypeError, "permission");
  });
}
