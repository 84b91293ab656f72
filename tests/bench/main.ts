// deno-lint-ignore-file no-console -- its output is the table
/**
 * Measures the servers against the loops that one would write without them:
 * `main.ts [WORDS OF A ROW'S NAME]`. Every server is a process of its own, as
 * is what loads it, and the two of a row take turns. Needs Linux.
 *
 * @module
 */
import { isInstalled, measure } from "./measure.ts";
import { rows } from "./rows.ts";
import { tableHead, tableRow } from "./table.ts";

const ROUNDS = 7;
const filter = Deno.args.join(" ");

console.log(tableHead(ROUNDS));
for (const row of rows) {
  if (!row.name.includes(filter)) continue;
  if (row.needs !== undefined && !(await isInstalled(row.needs))) {
    console.log(`| ${row.name} | skipped: no ${row.needs} |`);
    continue;
  }
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const against = await measure(row.against, row.load);
    const ours = await measure(row.ours, row.load);
    rounds.push({ ours, against });
  }
  console.log(tableRow(row, rounds));
}
