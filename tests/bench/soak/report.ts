import type { SoakRecord } from "./soak.ts";
import type { Verdict } from "./verdict.ts";

/** The lines above the rows. */
export function reportHead(): string {
  const columns = [
    "class",
    "honest: asked",
    "answered",
    "excused",
    "p50 ms (quiet)",
    "p99 ms (quiet)",
    "attacks",
    "fds",
    "MB",
    "heap MB",
    "threads",
    "children",
    "active",
    "close ms",
    "verdict",
  ];
  return `Each count: warm, at its most, in the end.

| ${columns.join(" | ")} |
|${columns.map(() => " --- ").join("|")}|`;
}

/** One class's line. */
export function reportRow(record: SoakRecord, verdict: Verdict): string {
  const { beside, quiet, start, most, end, closing, attacks } = record;
  const count = (what: "descriptors" | "threads" | "children") =>
    `${start?.[what]} ${most?.[what]} ${end?.[what]}`;
  const memory = [start, most, end].map((each) => each?.megabytes.toFixed(0));
  const excused = verdict.excused.reduce((sum, { count }) => sum + count, 0);
  return `| ${
    [
      record.name,
      beside?.asked,
      beside?.answered,
      excused,
      `${beside?.p50?.toFixed(1)} (${quiet?.p50?.toFixed(1)})`,
      `${beside?.p99?.toFixed(0)} (${quiet?.p99?.toFixed(0)})`,
      attacks.length,
      count("descriptors"),
      memory.join(" "),
      `${start?.heap.toFixed(1)} ${end?.heap.toFixed(1)}`,
      count("threads"),
      count("children"),
      `${start?.active} ${end?.active}`,
      closing?.toFixed(0),
      verdict.faults.length === 0 ? "ok" : "**no**",
    ].join(" | ")
  } |`;
}

/** What stands below the table: each fault once, and each excuse. */
export function reportDetails(
  record: SoakRecord,
  { faults, excused }: Verdict,
): string[] {
  const counts = new Map<string, number>();
  for (const fault of faults) {
    const kind = fault.replaceAll(/\d{4,}/g, "…");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const reports = Object.entries(record.reports ?? {})
    .map(([name, count]) => `${count} ${name}`).join(", ");
  return [
    ...(faults.length > 0 ? [`- ${record.name} reported ${reports}`] : []),
    ...[...counts].map(([kind, count]) =>
      `- ${record.name}: ${kind}${count > 1 ? ` (${count} times)` : ""}`
    ),
    ...excused.map(({ count, reason }) =>
      `- ${record.name}: ${count} lost, excused: ${reason}`
    ),
  ];
}
