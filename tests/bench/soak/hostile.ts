// deno-lint-ignore-file no-console -- the driver reads standard output
/**
 * Hostile clients of one server, a few kinds at a time, each kind at least once:
 * `hostile.ts TARGET SECONDS`. Prints what it does, a line of JSON each.
 *
 * @module
 */
import { delay } from "@std/async/delay";
import { attacks } from "./hostile/attacks.ts";
import { type Attack, concerns } from "./hostile/attack.ts";
import type { Target } from "./target.ts";

const target = JSON.parse(Deno.args[0]!) as Target;
/** How many kinds attack at a time. */
const LANES = target.way === "forking" ? 1 : 2;
/** Children take their time. */
const PAUSE_MS = target.way === "forking" ? 200 : 0;
const end = performance.now() + Number(Deno.args[1]) * 1000;
const mine = attacks.filter((attack) => concerns(attack, target));
let next = 0;

async function attackInTurn(): Promise<void> {
  while (next < mine.length || performance.now() < end) {
    const attack = mine[next++ % mine.length]!;
    await attackOnce(attack);
    await delay(PAUSE_MS);
  }
}

async function attackOnce(attack: Attack): Promise<void> {
  const { name, takesOthersAlong = [] } = attack;
  const fatal = takesOthersAlong.includes(target.way);
  const from = Date.now();
  let failure: string | undefined;
  try {
    await attack.run(target);
  } catch (error) {
    failure = `${error}`;
  }
  console.log(JSON.stringify({ name, from, to: Date.now(), fatal, failure }));
}

await Promise.all(Array.from({ length: LANES }, attackInTurn));
