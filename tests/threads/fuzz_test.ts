import { assert } from "@std/assert";
import { FuzzedSession } from "../fixtures/fuzzed_session.ts";
import { forEachSeed } from "../fixtures/seeded_cases.ts";

// The handlers of honest clients share the threads, and their messages, with
// those that send whatever comes to mind.

const ATTACK = { attacks: 300, limitMs: 2500, patienceMs: 30 };

for (const name of ["ThreadingTCPServer", "ThreadingUDPServer"]) {
  Deno.test(`${name} serves honest clients while its threads send fuzzed frames`, () =>
    forEachSeed(1, async (random) => {
      await using session = await FuzzedSession.start(name, random);
      const { attacks, answers } = await session.assertServes(ATTACK);
      if (Deno.env.get("SHOW")) console.log(attacks, answers);
      assert(attacks > 10 && answers > 10, `${attacks}, ${answers}`);
      await session.close();
    }));
}
