import type { Metric, Row, Sample } from "./trial.ts";

/** How a metric is shown, and which way it is better. */
interface Shown {
  /** What a ratio of it is called. */
  name: string;
  /** The title of its column, with its unit. */
  column: string;
  unit: string;
  better: "higher" | "lower";
  /** Whether a ratio is theirs / ours, so that the better one is higher. */
  inverted: boolean;
}

/** All metrics, in the order of their columns. */
export const metrics: Record<Metric, Shown> = {
  cpu: {
    name: "CPU",
    column: "CPU, µs each",
    unit: "µs",
    better: "lower",
    inverted: true,
  },
  rate: {
    name: "rate",
    column: "a second",
    unit: "a second",
    better: "higher",
    inverted: false,
  },
  p99: {
    name: "p99",
    column: "p99, ms",
    unit: "ms",
    better: "lower",
    inverted: false,
  },
  time: {
    name: "time",
    column: "time, ms",
    unit: "ms",
    better: "lower",
    inverted: false,
  },
  memory: {
    name: "memory",
    column: "memory, KB",
    unit: "KB",
    better: "lower",
    inverted: false,
  },
};

/** What all rounds of a row showed. */
export interface Result {
  row: Row;
  /** The program that can't be had, and without which nothing was measured. */
  missing?: string;
  /** A sample of each round. */
  ours: Sample[];
  theirs: Sample[];
}

/** The ratios of all rounds. */
export function ratios({ row, ours, theirs }: Result): number[] {
  const by = row.by ?? "cpu";
  return ours.map((sample, round) => {
    const ratio = sample[by]! / theirs[round]![by]!;
    return metrics[by].inverted ? 1 / ratio : ratio;
  });
}

/** Whether what is wanted was reached; `undefined` if nothing is wanted. */
export function isReached(result: Result): boolean | undefined {
  const { atLeast, atMost, oursAtMost, by = "cpu" } = result.row;
  if (result.missing !== undefined) return undefined;
  const ratio = median(ratios(result));
  if (atLeast !== undefined) return ratio >= atLeast;
  if (atMost !== undefined) return ratio <= atMost;
  if (oursAtMost === undefined) return undefined;
  return medianOf(result.ours, by)! <= oursAtMost;
}

/** The median of a metric; `undefined` if it was not measured. */
export function medianOf(samples: Sample[], by: Metric): number | undefined {
  const values = samples.flatMap((sample) => sample[by] ?? []);
  return values.length > 0 ? median(values) : undefined;
}

/** The value in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2;
}
