import { assert, assertEquals } from "@std/assert";
import { delay } from "@std/async/delay";
import { childProcessesOf } from "../fixtures/child_processes.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { CountingHandler } from "../fixtures/handlers/counting_handler.ts";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { MisbehavingHandler } from "../fixtures/handlers/misbehaving_handler.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

const isLinux = Deno.build.os === "linux";

function descriptorsOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

/**
 * The largest of a few values, until none is larger: a child that has just been
 * started is there before all of its server's descriptors are.
 */
async function largestOf(value: () => number): Promise<number> {
  let largest = 0;
  for (let same = 0; same < 10; same++) {
    const now = value();
    if (now > largest) [largest, same] = [now, 0];
    await delay(50);
  }
  return largest;
}

Deno.test({
  name:
    "ForkingTCPServer leaves no zombies, and no descriptors, of two hundred requests (Linux)",
  ignore: !isLinux,
  async fn() {
    await using server = ForkingProcess.serving(CountingHandler, {
      maxRequestsPerChild: 4,
    });
    assertEquals(await server.ask(""), "1");
    const before = descriptorsOf(server.pid);
    for (let batch = 0; batch < 50; batch++) {
      await Promise.all([1, 2, 3, 4].map(() => server.ask("")));
    }
    // Some may be ending just now; a few wait for further requests. Each of
    // them takes three descriptors, for its pipes, and some for itself.
    await until(() => childProcessesOf(server.pid).length < 10);
    await until(() =>
      !childProcessesOf(server.pid).some(({ isDefunct }) => isDefunct)
    );
    await until(() => descriptorsOf(server.pid) < before + 40);
    server.kill("SIGTERM");
    assertEquals((await server.ended()).code, 0);
  },
});

Deno.test({
  name:
    "ForkingTCPServer leaves no process, no descriptor and no file of sixty requests with a child each, of which twelve are killed (Linux)",
  ignore: !isLinux,
  async fn() {
    using folder = new TemporaryFolder();
    await using server = ForkingProcess.serving(
      MisbehavingHandler,
      {},
      { env: { TMPDIR: folder.path } },
    );
    /** Waits until there are only the guardian and a spare child. */
    const rest = () =>
      until(() => {
        const children = childProcessesOf(server.pid);
        return children.length === 2 &&
          !children.some(({ isDefunct }) => isDefunct);
      });
    const isKilled = async () => {
      await using client = new Dialogue(await server.connect());
      await client.send("wait");
      Deno.kill(Number(await client.receive()), "SIGKILL");
      await client.ended();
    };
    await server.ask("pid\n");
    await rest();
    const before = await largestOf(() => descriptorsOf(server.pid));
    for (let batch = 0; batch < 12; batch++) {
      const asked = [1, 2, 3, 4].map(() => server.ask("pid\n"));
      const [pids] = await Promise.all([Promise.all(asked), isKilled()]);
      assertEquals(new Set(pids).size, 4);
    }
    await rest();
    // Deno may open a few of its own late; each child would leave one at least.
    await until(() => descriptorsOf(server.pid) < before + 12);
    assertEquals([...Deno.readDirSync(folder.path)], []);
    server.kill("SIGTERM");
    assertEquals((await server.ended()).code, 0);
  },
});

Deno.test({
  name: "ForkingTCPServer.serverClose() leaves no child behind (Linux)",
  ignore: !isLinux,
  async fn() {
    await using server = new ForkingProcess([], {
      program: import.meta.resolve(
        "../fixtures/programs/forking_closing_program.ts",
      ),
    });
    assertEquals(await server.ask(""), "1");
    assertEquals(await server.line(), "closed");
    assertEquals(childProcessesOf(server.pid), []);
    server.kill("SIGKILL");
  },
});

const ends = [
  "handleRequest",
  "shutdown during a request",
  "shutdown after a request",
];
for (const way of ends) {
  Deno.test(`ForkingTCPServer lets its program end by itself after ${way}`, async () => {
    await using server = new ForkingProcess([way], {
      program: import.meta.resolve(
        "../fixtures/programs/forking_ending_program.ts",
      ),
    });
    assertEquals(await server.ask("a line\n"), "a line\n");
    assertEquals(await server.line(), "stopped");
    assertEquals((await server.ended()).code, 0);
  });
}

Deno.test("ForkingTCPServer's child ends although a timer of its handler is pending", async () => {
  await using session = new ForkingSession(MisbehavingHandler, {
    maxChildren: 1,
  });
  const first = await session.ask("interval\n");
  assert(await session.ask("pid\n") !== first);
  await session.close();
  assertEquals(session.record.errors, []);
});
