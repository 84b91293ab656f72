import { assertEquals, assertStringIncludes } from "@std/assert";
import type { ThreadingUnixStreamServer } from "@socketserver/socketserver";
import { ChildProgram } from "../fixtures/child_program.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const ignore = Deno.build.os === "windows";

// The contract suite has what the option does; here is what it must not let
// happen meanwhile, and what it takes.

Deno.test("new ThreadingUnixStreamServer() takes options of both its bases", () => {
  type Options = NonNullable<
    ConstructorParameters<typeof ThreadingUnixStreamServer>[2]
  >;
  const options: Options = { mode: 0o600, maxThreads: 2 };
  assertEquals(Object.keys(options), ["mode", "maxThreads"]);
  // @ts-expect-error -- Deno offers it for TCP alone
  const queue: Options = { requestQueueSize: 5 };
  assertEquals(Object.keys(queue), ["requestQueueSize"]);
});

const HEARD = { heard: ["late"], mode: 0o600, umask: 0 };
/** Where a datagram socket is bound shows in replies, so it has no folder. */
const LET_GO = ["others come in", "the file keeps others out"];
const cases = [
  {
    name: "new UnixStreamServer() with a mode lets nobody in for a moment",
    server: "UnixStreamServer",
    path: (folder: string) => `${folder}/socket`,
    moments: ["the folder keeps others out"],
  },
  {
    name: "new UnixStreamServer() with a mode forgets who came in too early",
    server: "UnixStreamServer",
    path: (folder: string) => `${folder}/`.padEnd(103, "x"),
    moments: LET_GO,
  },
  {
    name: "new UnixDatagramServer() with a mode forgets who came in too early",
    server: "UnixDatagramServer",
    path: (folder: string) => `${folder}/socket`,
    // The first is the socket that replies leave through.
    moments: ["others come in", ...LET_GO],
  },
];

for (const { name, server, path, moments } of cases) {
  Deno.test(needing(["python3"], {
    name,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      await Deno.chmod(folder.path, 0o755);
      await using child = ChildProgram.fixture(
        "lax_umask.ts",
        server,
        path(folder.path),
      );
      assertEquals(JSON.parse((await child.line())!), { moments, ...HEARD });
    },
  }));
}

/** Binds with a mode, and tells how that went. */
async function attempt(
  umask: string,
  server: string,
  path: string,
  ...flags: string[]
): Promise<{ name: string; message?: string }> {
  const program = `${import.meta.dirname}/../fixtures/programs/bind_attempt.ts`;
  await using child = new ChildProgram(
    "sh",
    "-c",
    `umask ${umask}; exec "$@"`,
    "sh",
    Deno.execPath(),
    "run",
    "--no-prompt",
    ...flags,
    program,
    server,
    JSON.stringify({ path }),
    JSON.stringify({ mode: 0o600 }),
  );
  return JSON.parse((await child.line())!);
}

for (const server of ["UnixStreamServer", "UnixDatagramServer"]) {
  Deno.test(needing(["sh"], {
    name:
      `new ${server}() with a mode needs no more than the path's permissions`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      const files = [`--allow-read=${path}`, `--allow-write=${path}`];
      const outcome = await attempt(
        "022",
        server,
        path,
        "--allow-net",
        ...files,
      );
      assertEquals(outcome, { name: "bound" });
    },
  }));

  Deno.test(needing(["sh"], {
    name: `new ${server}() with a mode names what a lax umask asks for`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      const files = [`--allow-read=${path}`, `--allow-write=${path}`];
      const outcome = await attempt(
        "000",
        server,
        path,
        "--allow-net",
        ...files,
      );
      assertEquals(outcome.name, "NotCapable");
      assertStringIncludes(outcome.message!, "--allow-sys");
      assertStringIncludes(outcome.message!, path);
      assertEquals([...Deno.readDirSync(folder.path)], []);
    },
  }));
}

Deno.test(needing(["sh"], {
  name:
    "new UnixStreamServer() with a mode needs no more if it may use the folder",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    const files = [
      `--allow-read=${folder.path}`,
      `--allow-write=${folder.path}`,
    ];
    const server = "UnixStreamServer";
    const outcome = await attempt("000", server, path, "--allow-net", ...files);
    assertEquals(outcome, { name: "bound" });
  },
}));
