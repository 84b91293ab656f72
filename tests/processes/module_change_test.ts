import { assert, assertEquals, assertMatch } from "@std/assert";
import { fileURLToPath } from "node:url";
import {
  ChildProcessError,
  HandlerNotFoundError,
} from "@socketserver/socketserver";
import { CountingHandler } from "../fixtures/handlers/counting_handler.ts";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { FragileModule, stateNames } from "../fixtures/fragile_module.ts";
import { SpawnRecord } from "../fixtures/spawn_record.ts";
import { until } from "../fixtures/until.ts";

// A handler's module that cannot be loaded for a moment.

const SPARE = 3;
const configPath = fileURLToPath(import.meta.resolve("../../deno.json"));

function assertNamesModule(error: unknown): void {
  assert(
    error instanceof ChildProcessError || error instanceof HandlerNotFoundError,
  );
  assertMatch(error.message, /handler\.ts|not today/);
}

for (const state of stateNames) {
  Deno.test(`ForkingTCPServer fails one request for each that finds its module ${state}, and serves the next`, async () => {
    using module = new FragileModule(CountingHandler);
    await using session = new ForkingSession(CountingHandler, {
      handlerModule: module.url,
      configPath,
      minSpareChildren: 0,
    });
    assertEquals(await session.ask(""), "1");
    for (let round = 1; round <= 2; round++) {
      module.break(state);
      assertEquals(await session.ask(""), "");
      assertNamesModule(await session.record.nth(round));
      module.mend();
      assertEquals(await session.ask(""), "1");
      assertEquals(session.record.errors.length, round);
    }
  });

  Deno.test(`ForkingTCPServer does not start spare children again and again while its module is ${state}`, async () => {
    using module = new FragileModule(CountingHandler);
    using spawns = new SpawnRecord();
    await using session = new ForkingSession(CountingHandler, {
      handlerModule: module.url,
      configPath,
      minSpareChildren: SPARE,
    });
    assertEquals(await session.ask(""), "1");
    module.break(state);
    let asked = 1;
    for (let failed = 0; failed < 3; asked++) {
      if (await session.ask("") === "") failed++;
    }
    await until(() => spawns.running === 1); // the guardian
    assert(spawns.count <= 1 + asked * (1 + SPARE), `${spawns.count}`);
    module.mend();
    // A spare child may have found the module as it was a moment ago.
    const answers: string[] = [];
    while (answers.length <= SPARE && answers.at(-1) !== "1") {
      answers.push(await session.ask(""));
    }
    assertEquals(answers.at(-1), "1");
    assert(session.record.errors.length < 3 + answers.length);
    session.record.errors.forEach(assertNamesModule);
  });
}
