import { assertEquals, assertMatch } from "@std/assert";
import { ChildProgram } from "../fixtures/child_program.ts";
import { ResettingClient } from "../fixtures/clients/resetting_client.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { CrowdedProgram } from "../fixtures/crowded_program.ts";
import { needing } from "../fixtures/installed_program.ts";

const ignore = Deno.build.os === "windows";
const NET = "--allow-net=127.0.0.1";

const cases = [
  { name: "TCPServer", flags: "-A" },
  { name: "TCPServer", flags: NET },
  { name: "AsyncTCPServer", flags: "-A" },
  { name: "AsyncTCPServer", flags: NET },
  { name: "ThreadingTCPServer", flags: "-A" },
  { name: "ThreadingTCPServer", flags: `${NET} --allow-read` },
  { name: "ForkingTCPServer", flags: "-A" },
];

for (const { name, flags } of cases) {
  for (const printing of [false, true]) {
    const by = printing ? "an overridden handleError()" : "handleError()";
    Deno.test(needing(["sh"], {
      name:
        `${name} lives when ${by} prints a stack without a descriptor, with ${flags}`,
      ignore,
      async fn() {
        await using program = await CrowdedProgram.start(
          { name, printing, options: { maxThreads: 1, maxChildren: 2 } },
          { flags },
        );
        {
          using client = await program.connect();
          assertEquals(await client.ask("hello"), "hello");
          await program.fill();
          await client.send("fail");
          await client.ended();
          await program.printed(/RangeError: the handler failed/);
          assertMatch(program.lines.join(), /RangeError|crowd_handler\.ts/);
        }
        await program.free();
        using last = await program.connect();
        assertEquals(await last.ask("hello"), "hello");
      },
    }));
  }

  Deno.test(needing(["sh"], {
    name:
      `${name} lives when a client resets without a descriptor, with ${flags}`,
    ignore,
    async fn() {
      await using program = await CrowdedProgram.start(
        { name, printing: true },
        { flags },
      );
      const client = await ResettingClient.connect(program.serverAddress);
      client.send("hello\n");
      await client.received();
      await program.fill();
      await client.reset();
      await program.printed(/^reported ConnectionReset/);
      await program.free();
      using last = await program.connect();
      assertEquals(await last.ask("hello"), "hello");
    },
  }));

  Deno.test(needing(["sh"], {
    name:
      `${name} lives when a handler prints a stack without a descriptor, with ${flags}`,
    ignore,
    async fn() {
      await using program = await CrowdedProgram.start({ name }, { flags });
      using client = await program.connect();
      assertEquals(await client.ask("hello"), "hello");
      await program.fill();
      assertEquals(await client.ask("log"), "log");
    },
  }));
}

Deno.test(needing(["sh"], {
  name:
    "AsyncTCPServer lives when its descriptors end half a second after the start",
  ignore,
  async fn() {
    await using program = new ChildProgram(
      "sh",
      "-c",
      'ulimit -n 64; exec "$0" run -A "$1"',
      Deno.execPath(),
      `${import.meta.dirname}/../fixtures/programs/early_crowd_server.ts`,
    );
    const serverAddress = JSON.parse((await program.line())!);
    using _client = await connectTo({ serverAddress });
    assertEquals(await program.line(), "full");
    assertEquals(await program.line(), "alive");
  },
}));
