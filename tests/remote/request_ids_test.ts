import { assertEquals } from "@std/assert";
import { nextId } from "../../src/remote/request_ids.ts";

const LARGEST = 0xffff_ffff;

for (
  const [what, last, open, expected] of [
    ["begins with 1", 0, [], 1],
    ["goes on", 7, [], 8],
    ["skips the open ones", 7, [8, 9], 10],
    ["gives the largest", LARGEST - 1, [], LARGEST],
    ["begins again after the largest", LARGEST, [], 1],
    ["begins again behind the open ones", LARGEST - 1, [LARGEST, 1, 2], 3],
  ] as const
) {
  Deno.test(`nextId() ${what}`, () => {
    assertEquals(nextId(last, (id) => open.includes(id as never)), expected);
  });
}
