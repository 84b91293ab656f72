// deno-lint-ignore-file no-console -- its output is the tables
/**
 * Measures the servers against the loops that one would write without them,
 * and against other platforms:
 * `main.ts [--quick] [--svg FILE] [WORDS OF A ROW]`.
 *
 * Every server is a process of its own. The servers of a trial take turns under
 * the same load, which this program makes itself. The tables are Markdown, for
 * README.md; `--svg` draws some of them as bars. Both are then for `deno fmt`.
 * Needs Linux, and nothing that is not there with Deno: rows whose other side
 * can't be had are skipped.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { chart } from "./chart.ts";
import { heading } from "./heading.ts";
import type { Result } from "./metrics.ts";
import { bun, goServer, node, python } from "./programs.ts";
import { measure } from "./rounds.ts";
import { bulk } from "./rows/bulk.ts";
import { connections } from "./rows/connections.ts";
import { datagrams } from "./rows/datagrams.ts";
import {
  computing,
  firstByte,
  freshChildren,
  neighbour,
} from "./rows/elsewhere.ts";
import { http } from "./rows/http.ts";
import { lines, loneLines, pipelined } from "./rows/lines.ts";
import { redisCommands, redisPipelines } from "./rows/redis.ts";
import { idle, starts } from "./rows/start.ts";
import { tlsHandshakes, tlsLines } from "./rows/tls.ts";
import { KEY, summary, table } from "./table.ts";
import type { Row } from "./trial.ts";

const trials = [
  lines,
  pipelined,
  loneLines,
  connections,
  datagrams,
  bulk,
  tlsLines,
  tlsHandshakes,
  computing,
  neighbour,
  freshChildren,
  firstByte,
  http,
  starts,
  idle,
  redisCommands,
  redisPipelines,
];

const { values: { quick, svg }, positionals } = parseArgs({
  args: Deno.args,
  options: {
    quick: { type: "boolean", default: false },
    svg: { type: "string" },
  },
  allowPositionals: true,
});
const effort = quick ? { rounds: 3, part: 0.3 } : { rounds: 7, part: 1 };
const words = positionals.join(" ").toLowerCase();
const isWanted = ({ question, name, ours, against }: Row) =>
  [question, name, ours, against].join(" ").replaceAll("`", "").toLowerCase()
    .includes(words);

const results: Result[] = [];
for (const [index, trial] of trials.entries()) {
  const rows = trial.rows.filter(isWanted);
  if (rows.length === 0) continue;
  console.error(`${index + 1} of ${trials.length}: ${rows[0]!.name}`);
  results.push(...await measure(trial, rows, effort));
}

const peers = [python, node, bun, goServer];
console.log(await heading(peers, effort.rounds, Deno.args));
console.log(`\n${KEY}`);
for (const question of new Set(results.map(({ row }) => row.question))) {
  console.log(`\n${table(question, results)}`);
}
console.log(`\n${summary(results)}`);
if (svg !== undefined) await Deno.writeTextFile(svg, chart(results));
