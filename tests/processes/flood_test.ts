import { assert, assertEquals } from "@std/assert";
import {
  FloodingHandler,
  WorkerFloodingHandler,
} from "../fixtures/handlers/flooding_handler.ts";
import { ForkingProcess } from "../fixtures/forking_process.ts";

for (const where of ["stdout", "stderr"]) {
  Deno.test(`ForkingTCPServer serves a handler that floods ${where}`, async () => {
    await using server = ForkingProcess.serving(FloodingHandler);
    assertEquals(await server.ask(`${where}\nthe request\n`), "the request\n");
    assertEquals(await server.ask(`${where}\nanother\n`), "another\n");
    server.kill("SIGTERM");
    const printed = await server.printed();
    assertEquals(printed.replaceAll(/[^~]/g, "").length, 2 * 8 * 1_048_576);
  });
}

Deno.test("ForkingTCPServer keeps frames whole while a Worker of the handler prints", async () => {
  await using server = ForkingProcess.serving(WorkerFloodingHandler);
  const text = Array.from({ length: 300_000 }, (_, i) => `line ${i}\n`).join(
    "",
  );
  const answer = await server.ask(text);
  assert(answer === text, `${answer.length} of ${text.length} characters`);
  server.kill("SIGTERM");
  await server.printed();
});
