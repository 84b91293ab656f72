import { assert, assertEquals } from "@std/assert";
import { Shortage } from "../../src/servers/shortage.ts";

Deno.test("Shortage.begins() is true once for lacks that follow each other", () => {
  let now = 0;
  const shortage = new Shortage(() => now);
  assertEquals(shortage.begins(), true);
  for (const pause of [0, 5, 640, 1000, 1000, 1500, 2000]) {
    now += pause;
    assertEquals(shortage.begins(), false);
  }
  now += 2001;
  assertEquals(shortage.begins(), true);
  assertEquals(shortage.begins(), false);
});

Deno.test("Shortage.of() is one for all parts of a server, and another for the next", () => {
  const server = {};
  assert(Shortage.of(server).begins());
  assert(!Shortage.of(server).begins());
  assert(Shortage.of({}).begins());
});
