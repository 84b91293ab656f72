import { assertEquals } from "@std/assert";
import { ChildProgram } from "../fixtures/child_program.ts";

// A program ends by itself when it serves no more, though threads were started.

const WAYS = {
  "shutdown()": "hello",
  "shutdown() beside a handler": "hello",
  "handleRequest()": "hello",
  "a missing module": "HandlerNotFoundError",
  "data that cannot be sent": "DataCloneError",
};

for (const [way, output] of Object.entries(WAYS)) {
  Deno.test(`A program with threads ends by itself after ${way}`, async () => {
    await using program = ChildProgram.fixture("ending_program.ts", way);
    assertEquals(await program.line(), output);
    assertEquals(await program.line(), undefined);
    assertEquals((await program.ended()).code, 0);
  });
}
