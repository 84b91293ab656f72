import { FuzzedSession } from "../fixtures/fuzzed_session.ts";
import { forEachSeed } from "../fixtures/seeded_cases.ts";

// A child has a request for itself, and may write whatever comes to mind.

const ATTACK = { attacks: 25, limitMs: 2500, patienceMs: 200 };

for (const name of ["ForkingTCPServer", "ForkingUDPServer"]) {
  Deno.test(`${name} serves honest clients while children write fuzzed frames`, () =>
    forEachSeed(1, async (random) => {
      await using session = await FuzzedSession.start(name, random);
      await session.assertServes(ATTACK);
      await session.close();
    }));
}
