import { assertEquals } from "@std/assert";
import { ChildProgram } from "../fixtures/child_program.ts";

for (const options of [{ drainTimeout: 0.1 }, { daemonThreads: true }]) {
  const text = JSON.stringify(options);
  Deno.test(`ThreadingTCPServer.serverClose() gives up a handler that loops for ever, with ${text}`, async () => {
    await using program = ChildProgram.fixture(
      "endless_loop_program.ts",
      text,
    );
    assertEquals(await program.line(), "spinning");
    assertEquals(JSON.parse((await program.line())!), {
      errors: ["ThreadError"],
      threads: 0,
    });
    assertEquals((await program.ended()).code, 0);
  });
}
