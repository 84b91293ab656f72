import { assertEquals } from "@std/assert";
import { inspected } from "../src/inspected.ts";

Deno.test("inspected() shows a value as Deno.inspect() does", () => {
  for (const value of [NaN, "a\nb", null, 1n, Symbol("s"), { a: [1] }]) {
    assertEquals(inspected(value), Deno.inspect(value));
  }
});

Deno.test("inspected() cuts a long string", () => {
  assertEquals(inspected("x".repeat(10_000)).length < 1100, true);
});

Deno.test("inspected() cuts a value that is as large at every level", () => {
  const level = (of: unknown) => Array.from({ length: 100 }, () => of);
  const value = level(level(level(level("x".repeat(100)))));
  assertEquals(inspected(value).length < 1100, true);
});

for (
  const shown of [
    () => {
      throw new Error("not to be looked at");
    },
    () => Symbol("no text"),
    () => ({
      toString() {
        throw new Error("no text");
      },
    }),
  ]
) {
  Deno.test(`inspected() does not throw for a value whose custom inspection is ${shown}`, () => {
    const value = { [Symbol.for("Deno.customInspect")]: shown };
    assertEquals(inspected(value), "a value that cannot be shown");
  });
}
