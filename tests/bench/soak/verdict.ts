import type { AttackRecord, SoakRecord } from "./soak.ts";
import { clientsOf } from "./target.ts";

/**
 * How much more memory there may be in the end, in megabytes: what JavaScript
 * holds is exact; what the system counts grows for a while with the allocator's
 * arenas, of which each thread has its own.
 */
const HEAP_MARGIN = 4;
const MEMORY_MARGIN = { threading: 160, else: 80 };
/** How long after an attack a loss may be its doing, in milliseconds. */
const AFTERMATH_MS = 1000;

/** A loss that is no fault, and why it is none. */
interface Excused {
  readonly count: number;
  readonly reason: string;
}

/** What is wrong with a class, if anything, and what has an excuse. */
export interface Verdict {
  readonly faults: readonly string[];
  readonly excused: readonly Excused[];
}

/** Judges what the soak of a class has shown. */
export function judge(record: SoakRecord): Verdict {
  const { failure, leftovers, attacks } = record;
  const faults: string[] = [];
  if (failure !== undefined) faults.push(failure);
  else faults.push(...omissions(record));
  for (const { name, failure } of attacks) {
    if (failure !== undefined) faults.push(`"${name}" failed: ${failure}`);
  }
  faults.push(...growth(record));
  for (const [what, count] of Object.entries(leftovers ?? {})) {
    if (count > 0) faults.push(`${count} ${what} outlived the server`);
  }
  const excused = judgeLosses(record, faults);
  return { faults, excused };
}

/** What must have happened for a soak to show anything. */
function omissions({ attacks, beside }: SoakRecord): string[] {
  return [
    ...(attacks.length === 0 ? ["Nobody attacked"] : []),
    ...((beside?.answered ?? 0) === 0 ? ["No honest client was answered"] : []),
  ];
}

/** What has not come back. */
function growth({ name, start, end }: SoakRecord): string[] {
  if (start === undefined || end === undefined) return [];
  const way = name.startsWith("Threading") ? "threading" : "else";
  const margins = {
    descriptors: 0,
    threads: 0,
    children: 0,
    active: 0,
    heap: HEAP_MARGIN,
    megabytes: MEMORY_MARGIN[way],
  };
  return Object.entries(margins).flatMap(([key, margin]) => {
    const what = key as keyof typeof margins;
    const [from, to] = [Math.round(start[what]), Math.round(end[what])];
    return end[what] > start[what] + margin
      ? [`${what}: ${from} at first, ${to} in the end`]
      : [];
  });
}

/** Sorts what honest clients have lost: it adds the faults. */
function judgeLosses(
  { name, target, quiet, beside, attacks, dropped, reports = {} }: SoakRecord,
  faults: string[],
): Excused[] {
  for (const { why } of quiet?.lost ?? []) {
    faults.push(`in quiet times: ${why}`);
  }
  const ended = attacks.some(({ fatal }) => fatal)
    ? reports.ThreadError ?? 0
    : 0;
  const isUdp = name.includes("UDP");
  const replaced = name.includes("UnixDatagram") ? reports.TimedOut ?? 0 : 0;
  // A client's visit ends with its first loss.
  const mostAtReplaced = replaced * (target ? clientsOf(target.way) : 0);
  let [taken, undelivered, atReplaced] = [0, 0, 0];
  for (const { at, why } of beside?.lost ?? []) {
    if (isUdp && why.includes("Timeout") && undelivered < dropped) {
      undelivered++;
    } else if (taken < ended) taken++;
    else if (/Timeout|NotFound/.test(why) && atReplaced < mostAtReplaced) {
      atReplaced++;
    } else faults.push(`lost, ${during(attacks, at)}: ${why}`);
  }
  return [
    {
      count: taken,
      reason: `${ended} requests ended with the threads that they shared`,
    },
    {
      count: undelivered,
      reason: `the system dropped ${dropped} datagrams before the server`,
    },
    {
      count: atReplaced,
      reason:
        `what waited at the socket was lost ${replaced} times, as connected clients left it full`,
    },
  ].filter(({ count }) => count > 0);
}

/** What attacked when something was lost. */
function during(attacks: readonly AttackRecord[], at: number): string {
  const names = attacks
    .filter(({ from, to }) => from <= at && at <= to + AFTERMATH_MS)
    .map(({ name }) => name);
  return names.length === 0 ? "during nothing" : `during ${names.join(", ")}`;
}
