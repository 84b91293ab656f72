import { assert, assertEquals } from "@std/assert";
import { scenarios } from "./scenarios.ts";
import { serverClasses } from "./server_classes.ts";

Deno.test("scenarios have unique names", () => {
  const names = new Set(scenarios.map(({ name }) => name));
  assertEquals(names.size, scenarios.length);
});

Deno.test("serverClasses make exceptions of existing scenarios only", () => {
  const names = new Set(scenarios.map(({ name }) => name));
  for (const { name, exceptions } of Object.values(serverClasses).flat()) {
    for (const exception of Object.keys(exceptions)) {
      assert(names.has(exception), `${name}: ${exception}`);
    }
  }
});
