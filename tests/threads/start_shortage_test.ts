import { assertEquals, assertMatch } from "@std/assert";
import { CrowdedProgram } from "../fixtures/crowded_program.ts";
import { needing } from "../fixtures/installed_program.ts";

// A thread that cannot start, as the system has no descriptors for it.

const ignore = Deno.build.os === "windows";
const CHOICE = { name: "ThreadingTCPServer", printing: true, left: 3 };
const SHORTAGE =
  /^reported ThreadError: Cannot start a thread as 8 file descriptors must be free for it/;

function reports(program: CrowdedProgram): number {
  return program.lines.filter((line) => line.startsWith("reported")).length;
}

for (
  const flags of ["-A", "--allow-net --allow-read --deny-read=/dev/null"]
) {
  Deno.test(needing(["sh"], {
    name:
      `ThreadingTCPServer lets a request wait until there are descriptors for a thread, with ${flags}`,
    ignore,
    async fn() {
      await using program = await CrowdedProgram.start({
        ...CHOICE,
        options: { maxThreads: 2, requestsPerThread: 1 },
      }, { flags });
      using first = await program.connect();
      assertEquals(await first.ask("hello"), "hello");
      await program.fill();
      using second = await program.connect();
      const answer = second.ask("at last");
      answer.catch(() => {}); // the program's end tells more
      assertMatch(await program.printed(/^reported/), SHORTAGE);
      assertEquals(await first.ask("still here"), "still here");
      await program.free();
      assertEquals(await answer, "at last");
      assertEquals(await first.ask("still here"), "still here");
      assertEquals(reports(program), 1);
    },
  }));
}

Deno.test(needing(["sh"], {
  name:
    "ThreadingTCPServer gives a request to the thread that it has while there are no descriptors",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      options: { maxThreads: 2 },
    });
    using first = await program.connect();
    assertEquals(await first.ask("hello"), "hello");
    await program.fill();
    for (let i = 0; i < 5; i++) {
      using second = await program.connect();
      assertEquals(await second.ask("hello"), "hello");
    }
    await program.free();
    assertEquals(reports(program), 1);
    assertMatch(program.lines.join("\n"), new RegExp(SHORTAGE.source, "m"));
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ThreadingTCPServer starts a thread again when there are descriptors, after the only one has ended",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      options: { maxThreads: 1, requestsPerThread: 1 },
      left: 1, // the next client's own
    });
    using first = await program.connect();
    assertEquals(await first.ask("hello"), "hello");
    await program.fill();
    using second = await program.connect();
    const answer = second.ask("at last");
    answer.catch(() => {}); // the program's end tells more
    await first.send("exit");
    await first.ended();
    // It has freed six descriptors, and its client one.
    await program.printed(/ended by itself/);
    await program.free();
    assertEquals(await answer, "at last");
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ThreadingTCPServer.serveForever() waits until there are descriptors for the first thread",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({ ...CHOICE, full: true });
    assertMatch(await program.printed(/^reported/), SHORTAGE);
    await program.free();
    using client = await program.connect();
    assertEquals(await client.ask("hello"), "hello");
    assertEquals(reports(program), 1);
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ThreadingTCPServer.serverClose() ends while there are no descriptors for the first thread",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({ ...CHOICE, full: true });
    assertMatch(await program.printed(/^reported/), SHORTAGE);
    await program.close();
  },
}));

Deno.test(needing(["sh"], {
  name:
    "ThreadingTCPServer answers twice as many clients as it has descriptors",
  ignore,
  async fn() {
    await using program = await CrowdedProgram.start({
      ...CHOICE,
      options: { maxThreads: 4 },
    });
    const answers = await Promise.all(
      Array.from({ length: 128 }, async (_, i) => {
        using client = await program.connect();
        return await client.ask(`${i}`);
      }),
    );
    assertEquals(answers, Array.from({ length: 128 }, (_, i) => `${i}`));
  },
}));
