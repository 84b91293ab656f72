// deno-lint-ignore-file no-console -- its output is the table
/**
 * Puts every server class under an honest load and everything hostile that is
 * known, and looks whether all comes back: `main.ts [MINUTES] [--seconds=N]
 * [--at-once=N] [--without=WORDS OF AN ATTACK'S NAME] [WORDS OF A CLASS'S NAME]`.
 * Needs Linux and python3. With SOAK_ERRORS in the environment the servers' errors
 * are printed.
 *
 * @module
 */
import { serverClasses } from "../../contract/server_classes.ts";
import { reportDetails, reportHead, reportRow } from "./report.ts";
import { soak } from "./soak.ts";
import { judge } from "./verdict.ts";

const DEFAULT_MINUTES = 20;
const DEFAULT_AT_ONCE = 2;

const option = (name: string) =>
  Deno.args.find((arg) => arg.startsWith(`--${name}=`))?.split("=")[1];
const words = Deno.args.filter((arg) => !arg.startsWith("--"));
const minutes = Number(
  words.find((word) => /^\d+$/.test(word)) ?? DEFAULT_MINUTES,
);
const seconds = Number(option("seconds") ?? minutes * 60);
const atOnce = Number(option("at-once") ?? DEFAULT_AT_ONCE);
const filter = words.find((word) => !/^\d+$/.test(word)) ?? "";

const waiting = Object.values(serverClasses).flat()
  .filter(({ name }) => name.includes(filter));
const secondsEach = seconds * atOnce / waiting.length;

const details: string[] = [];
let failed = false;

async function soakInTurn(): Promise<void> {
  for (let next; (next = waiting.shift()) !== undefined;) {
    const record = await soak(next, secondsEach, option("without"));
    const verdict = judge(record);
    console.log(reportRow(record, verdict));
    details.push(...reportDetails(record, verdict));
    failed ||= verdict.faults.length > 0;
  }
}

console.log(reportHead());
await Promise.all(Array.from({ length: atOnce }, soakInTurn));
console.log(`\n${details.join("\n")}`);
if (failed) Deno.exitCode = 1;
