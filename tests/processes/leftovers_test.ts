import { assert, assertEquals } from "@std/assert";
import { childProcessesOf } from "../fixtures/child_processes.ts";
import { CountingHandler } from "../fixtures/handlers/counting_handler.ts";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { MisbehavingHandler } from "../fixtures/handlers/misbehaving_handler.ts";

const isLinux = Deno.build.os === "linux";

function descriptorsOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
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
    const children = childProcessesOf(server.pid);
    const defunct = children.filter(({ isDefunct }) => isDefunct);
    // One may have ended just now.
    assert(defunct.length < 4, `${defunct.length} zombies`);
    assert(children.length < 10, `${children.length} children`);
    const after = descriptorsOf(server.pid);
    // Each of the children takes three, for its pipes, and some for itself.
    assert(after < before + 40, `${after} descriptors, ${before} before`);
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
  assertEquals(session.record.errors, []);
});
