import { isReached, median, medianOf, metrics, ratios } from "./metrics.ts";
import type { Result } from "./metrics.ts";
import type { Metric, Question } from "./trial.ts";

/** How the tables are to be read. */
export const KEY = `\
↑ means that higher is better, ↓ that lower is. A ratio is the median of all
rounds, with the lowest and the highest. That of CPU is theirs / ours: 2 means
half of their processor time, user and system, of the process, all its threads
and all its children. The other ratios are ours / theirs, and so are the cells
to the right. *Wanted* is the bound of the ratio, or of our own value.`;

const ARROWS = { higher: "↑", lower: "↓" };

/** The rows of one question, as Markdown. */
export function table(question: Question, results: Result[]): string {
  const asked = results.filter(({ row }) => row.question === question);
  const columns = (Object.keys(metrics) as Metric[]).filter((metric) =>
    asked.some(({ ours }) => medianOf(ours, metric) !== undefined)
  );
  const titles = ["What", "Against", "Ratio", "Wanted"];
  for (const metric of columns) {
    titles.push(`${metrics[metric].column} ${ARROWS[metrics[metric].better]}`);
  }
  const lines = [titles, titles.map(() => "---")];
  for (const result of asked) lines.push(cells(result, columns));
  const rows = lines.map((line) => `| ${line.join(" | ")} |`);
  return `### ${question}\n\n${rows.join("\n")}`;
}

/** How many rows there are, and how many of them miss what is wanted. */
export function summary(results: Result[]): string {
  const missed = results.filter((result) => isReached(result) === false);
  return `Of ${results.length} rows ${missed.length} miss what is wanted.`;
}

function cells(result: Result, columns: Metric[]): string[] {
  const { row, missing, ours, theirs } = result;
  const what = [row.name, row.against];
  if (missing !== undefined) {
    return [...what, `skipped: no ${missing}`, "", ...columns.map(() => "")];
  }
  const values = columns.map((metric) => {
    const pair = [medianOf(ours, metric), medianOf(theirs, metric)];
    return pair.flatMap((value) => value === undefined ? [] : rounded(value))
      .join(" / ");
  });
  return [...what, ratio(result), verdict(result), ...values];
}

function ratio(result: Result): string {
  const { name, better, inverted } = metrics[result.row.by ?? "cpu"];
  const arrow = ARROWS[inverted ? "higher" : better];
  const all = ratios(result);
  const range = [median(all), Math.min(...all), Math.max(...all)];
  const [middle, lowest, highest] = range.map((value) => value.toFixed(2));
  return `${name} ${arrow} ${middle} (${lowest} to ${highest})`;
}

function verdict(result: Result): string {
  const { atLeast, atMost, oursAtMost, by = "cpu" } = result.row;
  const reached = isReached(result);
  if (reached === undefined) return "";
  const bound = atLeast !== undefined
    ? `≥ ${atLeast}`
    : `≤ ${atMost ?? `${oursAtMost} ${metrics[by].unit}`}`;
  return `${bound}: ${reached ? "yes" : "**no**"}`;
}

/** Three digits that count: the others are noise. */
function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en");
}
