import type { Sample } from "./driver.ts";
import type { Row } from "./rows.ts";

/** What one round of a row showed. */
export interface Round {
  ours: Sample;
  against: Sample;
}

/** The lines above the rows: where and how it was measured. */
export function tableHead(rounds: number): string {
  const cores = navigator.hardwareConcurrency;
  const date = new Date().toISOString().slice(0, 10);
  return `Deno ${Deno.version.deno}, ${Deno.build.os}, ${cores} cores, ${date}; ` +
    `medians of ${rounds} rounds (lowest to highest)

| load | ratio | wanted | ours | against | server's CPU, µs each |
| --- | --- | --- | --- | --- | --- |`;
}

/** One line of the table. */
export function tableRow(row: Row, rounds: Round[]): string {
  const ratios = rounds.map(({ ours, against }) => ours.value / against.value);
  const ratio = median(ratios);
  const ours = median(rounds.map(({ ours }) => ours.value));
  const against = median(rounds.map(({ against }) => against.value));
  const cpu = [
    median(rounds.map(({ ours }) => ours.cpu ?? NaN)),
    median(rounds.map(({ against }) => against.cpu ?? NaN)),
  ];
  return `| ${
    [
      row.name,
      `${ratio.toFixed(2)} (${range(ratios)})`,
      verdict(row, ratio, ours),
      `${rounded(ours)} ${row.unit}`,
      `${rounded(against)} ${row.unit}`,
      cpu.some(Number.isNaN) ? "" : `${cpu.map(rounded).join(" against ")}`,
    ].join(" | ")
  } |`;
}

function verdict(
  { ratioAtLeast, ratioAtMost, atMost, unit }: Row,
  ratio: number,
  ours: number,
) {
  if (ratioAtLeast !== undefined) {
    return `≥ ${ratioAtLeast}: ${ratio >= ratioAtLeast ? "yes" : "**no**"}`;
  }
  if (ratioAtMost !== undefined) {
    return `≤ ${ratioAtMost}: ${ratio <= ratioAtMost ? "yes" : "**no**"}`;
  }
  if (atMost !== undefined) {
    return `≤ ${atMost} ${unit}: ${ours <= atMost ? "yes" : "**no**"}`;
  }
  return "";
}

function range(values: number[]): string {
  return `${Math.min(...values).toFixed(2)} to ${
    Math.max(...values).toFixed(2)
  }`;
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}

/** Three digits that count: the others are noise. */
function rounded(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en");
}
