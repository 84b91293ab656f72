import { assertStrictEquals } from "@std/assert";
import { noteOrigin, originOf } from "../../src/streams/error_origin.ts";

Deno.test("originOf() is the connection that noteOrigin() was first told of", () => {
  const error = new Error("reset");
  const [first, second] = [{}, {}];
  noteOrigin(error, first);
  noteOrigin(error, second);
  assertStrictEquals(originOf(error), first);
});

Deno.test("originOf() is undefined for what nobody noted, and for what is no error", () => {
  noteOrigin("text", {});
  noteOrigin(undefined, {});
  assertStrictEquals(originOf(new Error("other")), undefined);
  assertStrictEquals(originOf("text"), undefined);
  assertStrictEquals(originOf(undefined), undefined);
});
