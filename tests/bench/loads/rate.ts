import type { Server } from "../server.ts";
import type { Sample } from "../trial.ts";

/** At the beginning of each turn, until caches and batches are as they will be. */
const SETTLE_SECONDS = 0.1;

/** Where a load puts how long answers took, in milliseconds. */
export type Waits = number[];

/** Takes steps for a while; each says how much it has done. */
export function rate(
  server: Server,
  seconds: number,
  step: (waits: Waits) => number,
): Sample {
  repeat(step, SETTLE_SECONDS);
  const before = server.processorTime();
  const { count, passed, waits } = repeat(step, seconds);
  const spent = server.processorTime() - before;
  const sample: Sample = { rate: count / passed, cpu: spent / count };
  return waits.length > 0
    ? { ...sample, p99: percentile(waits, 0.99) }
    : sample;
}

/** Takes steps for a while. */
export function repeat(step: (waits: Waits) => number, seconds: number) {
  const waits: Waits = [];
  const start = performance.now();
  for (let count = 0;;) {
    count += step(waits);
    const passed = (performance.now() - start) / 1000;
    if (passed >= seconds) return { count, passed, waits };
  }
}

/** The value that a part of all does not exceed. */
export function percentile(values: number[], part: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.floor(sorted.length * part)]!;
}
