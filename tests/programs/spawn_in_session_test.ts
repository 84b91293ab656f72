import { assertEquals, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { needing } from "../fixtures/installed_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { spawnInSession } from "../../src/programs/spawn_in_session.ts";

const LIMIT_MS = 20_000;
const isLinux = Deno.build.os === "linux";

/** Runs a program; tells its exit code and what it has printed. */
async function run(command: string, args: string[] = []) {
  const process = spawnInSession(command, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  const printed = new Response(process.stdout).text();
  const { code } = await deadline(process.status, LIMIT_MS);
  return { code, printed: await printed, pid: process.pid };
}

Deno.test(needing(["cat", "setsid", "sh"], {
  name:
    "spawnInSession() makes the process the leader of a session, the first time and later (Linux)",
  ignore: !isLinux,
  async fn() {
    for (let i = 0; i < 3; i++) {
      const { printed, pid } = await run("sh", ["-c", "cat /proc/$$/stat"]);
      // After the name: state, parent, group and session.
      const [, , group, session] = printed.split(") ")[1]!.split(" ");
      assertEquals([Number(group), Number(session)], [pid, pid]);
    }
  },
}));

Deno.test(needing(["sh"], {
  name: "spawnInSession() passes on arguments and the exit code",
  ignore: Deno.build.os === "windows",
  async fn() {
    for (let i = 0; i < 2; i++) {
      const { code, printed } = await run("sh", [
        "-c",
        'echo "$@"; exit 3',
        "sh",
        "--",
        "-c",
        "a b",
      ]);
      assertEquals([code, printed], [3, "-- -c a b\n"]);
    }
  },
}));

Deno.test({
  name: "spawnInSession() throws for a program that is not there",
  ignore: Deno.build.os === "windows",
  fn() {
    for (let i = 0; i < 2; i++) {
      assertThrows(
        () => spawnInSession("/no/such/program", {}),
        Deno.errors.NotFound,
      );
    }
  },
});

Deno.test(needing(["sh", "setsid"], {
  name:
    "spawnInSession() throws for a program that is not there any more (Linux)",
  ignore: !isLinux,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/program`;
    await Deno.writeTextFile(path, "#!/bin/sh\necho $1\n", { mode: 0o755 });
    assertEquals((await run(path, ["1"])).printed, "1\n");
    assertEquals((await run(path, ["2"])).printed, "2\n");
    await Deno.remove(path);
    assertEquals((await run(path, ["3"])).code, 127); // says setsid
    assertThrows(() => spawnInSession(path, {}), Deno.errors.NotFound);
  },
}));
