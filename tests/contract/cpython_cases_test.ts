import { assert, assertEquals } from "@std/assert";
import { cpythonCases } from "./cpython_cases.ts";
import { scenarios } from "./scenarios.ts";
import { serverClasses } from "./server_classes.ts";

Deno.test("cpythonCases holds all of CPython's 27 cases", () => {
  assertEquals(Object.keys(cpythonCases).length, 27);
});

Deno.test("cpythonCases names existing scenarios, servers and files", async () => {
  const classes = Object.values(serverClasses).flat();
  for (const [name, found] of Object.entries(cpythonCases)) {
    if ("scenario" in found) {
      const { scenario, server } = found;
      assert(scenarios.some((each) => each.name === scenario), name);
      if (server === undefined) continue;
      assert(classes.some((each) => each.name === server), name);
    } else if ("file" in found) {
      const url = new URL(found.file, import.meta.url);
      assert((await Deno.stat(url)).isFile, name);
    }
  }
});
