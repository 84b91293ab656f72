import { assert } from "@std/assert";
import { FuzzedSession } from "../fixtures/fuzzed_session.ts";
import { forEachSeed } from "../fixtures/seeded_cases.ts";

// A child has a request for itself, and may write whatever comes to mind.

const ATTACK = { attacks: 40, limitMs: 2500, patienceMs: 200 };

for (const name of ["ForkingTCPServer", "ForkingUDPServer"]) {
  Deno.test(`${name} serves honest clients while children write fuzzed frames`, () =>
    forEachSeed(1, async (random) => {
      await using session = await FuzzedSession.start(name, random);
      const { attacks, answers } = await session.assertServes(ATTACK);
      if (Deno.env.get("SHOW")) console.log(attacks, answers);
      assert(attacks > 3 && answers > 3, `${attacks}, ${answers}`);
      await session.close();
    }));
}
