import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { printRequestError } from "../../src/servers/error_report.ts";
import { ConsoleErrors } from "../fixtures/console_errors.ts";

function printed(error: unknown): string {
  using errors = new ConsoleErrors();
  printRequestError(error, undefined);
  assertEquals(errors.texts.length, 1);
  return errors.texts[0]!;
}

Deno.test("printRequestError() shows both errors of a SuppressedError, in order", () => {
  const first = new RangeError("the real bug");
  const next = new TypeError("the cleanup", { cause: new Error("its cause") });
  const text = printed(new SuppressedError(next, first, "Both failed"));
  assertStringIncludes(text, "SuppressedError: Both failed");
  assertStringIncludes(text, first.stack!);
  assertStringIncludes(text, next.stack!);
  assertStringIncludes(text, "its cause");
  assert(text.indexOf("the real bug") < text.indexOf("the cleanup"));
});

Deno.test("printRequestError() shows the errors of an AggregateError", () => {
  const text = printed(new AggregateError([new RangeError("one of many")]));
  assertStringIncludes(text, "RangeError: one of many");
});

Deno.test("printRequestError() shows errors within each other, to a depth", () => {
  const inner = new SuppressedError(new Error("c"), new Error("b"), "inner");
  const text = printed(new SuppressedError(inner, new Error("a"), "outer"));
  for (const part of ["outer", "inner", "Error: a", "Error: b", "Error: c"]) {
    assertStringIncludes(text, part);
  }
  const cyclic = new SuppressedError(null, null, "cyclic");
  cyclic.suppressed = cyclic;
  assert(printed(cyclic).length < 10_000);
});
