import { assertEquals, assertLess } from "@std/assert";
import { ChildProgram } from "../fixtures/child_program.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";

Deno.test("othersTurn() keeps a client whose writes end at once from taking all turns", async () => {
  await using server = ChildProgram.fixture("long_answers_server.ts");
  const port = Number(await server.line());
  const serverAddress = {
    transport: "tcp",
    hostname: "127.0.0.1",
    port,
  } as const;
  using other = await LineClient.connect({ serverAddress });
  await using pipeline = ChildProgram.fixture(
    "pipelining_client.ts",
    `${port}`,
  );
  assertEquals(await pipeline.line(), "sent");

  // What the pipeline gets between two answers to the other client.
  const between: number[] = [];
  let before = Number(await other.ask("count"));
  for (let i = 0; i < 5; i++) {
    const count = Number(await other.ask("count"));
    between.push(count - before);
    before = count;
  }
  // Some 45; and 3,800 where the loop turns to the others only when it must. The
  // least, as a busy machine may keep the other client from asking.
  assertLess(Math.min(...between), 1000);
});
