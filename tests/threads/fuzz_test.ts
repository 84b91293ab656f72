import { FuzzedSession } from "../fixtures/fuzzed_session.ts";
import { forEachSeed } from "../fixtures/seeded_cases.ts";

// The handlers of honest clients share the threads, and their messages, with
// those that send whatever comes to mind.

const ATTACK = { attacks: 300, limitMs: 2500, patienceMs: 30 };

for (const name of ["ThreadingTCPServer", "ThreadingUDPServer"]) {
  Deno.test(`${name} serves honest clients while its threads send fuzzed frames`, () =>
    forEachSeed(1, async (random) => {
      await using session = await FuzzedSession.start(name, random);
      await session.assertServes(ATTACK);
      await session.close();
    }));
}
