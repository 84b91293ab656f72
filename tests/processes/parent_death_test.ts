import { assertEquals } from "@std/assert";
import { childProcessesOf } from "../fixtures/child_processes.ts";
import type { ForkingProcess } from "../fixtures/forking_process.ts";
import { Lifelines, type LivingChild } from "../fixtures/lifelines.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

Deno.test("ForkingTCPServer's spare child ends when the program is killed", async () => {
  await using lifelines = new Lifelines();
  await using server = lifelines.serve();
  const spare = await lifelines.next();
  server.kill("SIGKILL");
  await spare.ended;
});

Deno.test("ForkingTCPServer's child ends when the program is killed while a handler waits", async () => {
  await using lifelines = new Lifelines();
  await using server = lifelines.serve();
  await using client = new Dialogue(await server.connect());
  assertEquals(await client.receive(), "connected");
  const child = await lifelines.next();
  server.kill("SIGKILL");
  await child.ended;
});

Deno.test("ForkingTCPServer's child ends when the program is killed while a handler loops", async () => {
  await using lifelines = new Lifelines();
  await using server = lifelines.serve({ minSpareChildren: 0 });
  await using client = new Dialogue(await server.connect());
  assertEquals(await client.receive(), "connected");
  await killWhileLooping(server, client, await lifelines.next());
});

for (const deaths of [1, 2]) {
  Deno.test({
    name:
      `ForkingTCPServer's child ends when ${deaths} of its guardians and then the program are killed while a handler loops (Linux)`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using lifelines = new Lifelines();
      await using server = lifelines.serve({ minSpareChildren: 0 });
      await using client = new Dialogue(await server.connect());
      assertEquals(await client.receive(), "connected");
      const child = await lifelines.next();
      for (let i = 0; i < deaths; i++) {
        const guardian = guardianOf(server, child)!;
        end(guardian);
        // The server hears of the end of its guardian, and starts another.
        await until(() => {
          const another = guardianOf(server, child);
          return another !== undefined && another !== guardian;
        });
      }
      await killWhileLooping(server, client, child);
    },
  });
}

Deno.test(needing(["setpriv", "sh"], {
  name:
    "ForkingTCPServer's child ends with the program, by denoPath's setpriv, while its guardian is stopped and a handler loops (Linux)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using folder = new TemporaryFolder();
    const denoPath = `${folder.path}/deno`;
    await Deno.writeTextFile(
      denoPath,
      `#!/bin/sh\nexec setpriv --pdeathsig KILL ${Deno.execPath()} "$@"\n`,
      { mode: 0o755 },
    );
    await using lifelines = new Lifelines();
    await using server = lifelines.serve({ minSpareChildren: 0, denoPath });
    await using client = new Dialogue(await server.connect());
    assertEquals(await client.receive(), "connected");
    const child = await lifelines.next();
    const guardian = guardianOf(server, child)!;
    Deno.kill(guardian, "SIGSTOP"); // and isn't replaced
    try {
      await killWhileLooping(server, client, child);
    } finally {
      end(guardian);
    }
  },
}));

/** The process that ends a server's only child. */
function guardianOf(
  server: ForkingProcess,
  child: LivingChild,
): number | undefined {
  return childProcessesOf(server.pid).find(({ pid, isDefunct }) =>
    pid !== child.pid && !isDefunct
  )?.pid;
}

Deno.test("A child ends without a word if the program was killed before it told its settings", async () => {
  const prelude = import.meta.resolve(
    "../../src/processes/process_prelude.ts",
  );
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", prelude],
    stdin: "null",
  }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
});

/** Kills a server while a handler of its loops; the child must end. */
async function killWhileLooping(
  server: ForkingProcess,
  client: Dialogue,
  child: LivingChild,
): Promise<void> {
  await client.send("loop");
  assertEquals(await client.receive(), "loop");
  server.kill("SIGKILL");
  try {
    await child.ended;
  } finally {
    end(child.pid);
  }
}

function end(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
