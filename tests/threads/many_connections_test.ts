import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { ChildProgram } from "../fixtures/child_program.ts";

const THOUSANDS = 10;
/** What a request may leave behind, in bytes: less than any object it needs. */
const GROWTH_PER_CONNECTION = 256;

Deno.test("ThreadingTCPServer holds nothing of 10 000 connections that have ended", async () => {
  const url = new URL(
    "../fixtures/programs/thread_marathon.ts",
    import.meta.url,
  );
  await using program = new ChildProgram(
    Deno.execPath(),
    "run",
    "-A",
    "--v8-flags=--expose-gc",
    fileURLToPath(url),
    `${THOUSANDS}`,
  );
  const before = JSON.parse((await program.line())!);
  let after = before;
  for (let i = 1; i < THOUSANDS; i++) {
    after = JSON.parse((await program.line())!);
  }
  assertEquals([after.failures, after.threads], [0, 2]);
  assert(
    after.descriptors <= before.descriptors + 8,
    `${before.descriptors}, then ${after.descriptors} descriptors`,
  );
  for (const heap of ["heap", "threadHeap"]) {
    const growth = after[heap] - before[heap];
    assert(
      growth < 1000 * (THOUSANDS - 1) * GROWTH_PER_CONNECTION,
      `${heap}: ${growth} bytes more`,
    );
  }
});
