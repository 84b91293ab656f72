import { assertEquals } from "@std/assert";
import { nextId, RequestIds } from "../../src/remote/request_ids.ts";

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

Deno.test("RequestIds.next() gives no ID that is held, until it is released", () => {
  const ids = new RequestIds();
  const isOpen = () => false;
  ids.hold(2);
  ids.hold(3);
  assertEquals([ids.next(isOpen), ids.next(isOpen)], [1, 4]);
  ids.release(5);
  ids.hold(6);
  ids.release(6);
  assertEquals([ids.next(isOpen), ids.next(isOpen)], [5, 6]);
});
