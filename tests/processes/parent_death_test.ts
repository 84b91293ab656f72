import { assertEquals } from "@std/assert";
import { childProcessesOf } from "../fixtures/child_processes.ts";
import type { ForkingProcess } from "../fixtures/forking_process.ts";
import { Lifelines, type LivingChild } from "../fixtures/lifelines.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
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

Deno.test({
  name:
    "ForkingTCPServer's child ends when the guardian and then the program are killed while a handler loops (Linux)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using lifelines = new Lifelines();
    await using server = lifelines.serve({ minSpareChildren: 0 });
    await using early = new Dialogue(await server.connect());
    assertEquals(await early.receive(), "connected");
    const { pid } = await lifelines.next();
    const guardians = childProcessesOf(server.pid).map(({ pid }) => pid)
      .filter((it) => it !== pid);
    guardians.forEach(end);
    // The server hears of the end of its guardian.
    await until(() =>
      !childProcessesOf(server.pid).some(({ pid }) => guardians.includes(pid))
    );
    await using client = new Dialogue(await server.connect());
    assertEquals(await client.receive(), "connected");
    await killWhileLooping(server, client, await lifelines.next());
  },
});

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
