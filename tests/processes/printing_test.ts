import { assertEquals, assertStringIncludes } from "@std/assert";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import {
  EarlyInputHandler,
  InputReadingHandler,
} from "../fixtures/handlers/input_reading_handler.ts";
import { needing } from "../fixtures/installed_program.ts";
import { PrintingHandler } from "../fixtures/handlers/printing_handler.ts";

const ways = {
  log: "console.log()",
  info: "console.info()",
  dir: "console.dir()",
  table: "console.table()",
  count: "console.count()",
  error: "console.error()",
  write: "Deno.stdout.write()",
  writeSync: "Deno.stdout.writeSync()",
  writable: "Deno.stdout.writable",
  process: "process.stdout.write()",
  worker: "a Worker's console.log()",
};

Deno.test("ForkingTCPServer prints to standard error whatever its handlers print", async (t) => {
  await using server = ForkingProcess.serving(PrintingHandler, {
    maxRequestsPerChild: 100,
    maxChildren: 1,
  });
  for (const way of Object.keys(ways)) {
    assertEquals(
      await server.ask(`${way}\nfirst ${way}\nsecond ${way}\n`),
      `printed first ${way}\nprinted second ${way}\n`,
    );
  }
  server.kill("SIGTERM");
  const printed = await server.printed();
  for (const [way, name] of Object.entries(ways)) {
    await t.step(`by ${name}`, () => {
      assertStringIncludes(printed, `first ${way}`);
      assertStringIncludes(printed, `second ${way}`);
    });
  }
});

Deno.test("ForkingTCPServer's handlers find standard input empty", async () => {
  await using session = new ForkingSession(InputReadingHandler);
  const answer = await session.ask("the request");
  assertEquals(answer, '[null,null,"",false]\nthe request');
});

Deno.test("ForkingTCPServer's handlers find standard input empty even if their module kept it", async () => {
  await using session = new ForkingSession(EarlyInputHandler);
  assertEquals(await session.ask("the request"), "null\nthe request");
});

Deno.test(needing(["sh"], {
  name: "ForkingTCPServer goes on serving when standard error is full (Linux)",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const full = 'exec "$@" 2>/dev/full';
    await using server = ForkingProcess.serving(
      PrintingHandler,
      {},
      { wrapper: ["sh", "-c", full, "sh"] },
    );
    for (const way of ["log", "error"]) {
      assertEquals(
        await server.ask(`${way}\nlost\nlost too\n`),
        "printed lost\nprinted lost too\n",
      );
    }
    server.kill("SIGTERM");
    assertEquals((await server.ended()).code, 0);
  },
}));
