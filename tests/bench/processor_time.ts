import { libc } from "./libc.ts";

/** Of /proc's clock; the same on every Linux that Deno runs on. */
const TICKS_PER_SECOND = 100;

/**
 * The processor time, in microseconds, that a process and all that it has
 * started have used: user and system, all threads, those that have ended too.
 *
 * The clock of a process counts nanoseconds. That of its ended children is
 * read from /proc, in steps of 10 ms, and is 0 for most servers.
 */
export function processorTime(pid: number): number {
  const statuses = allStatuses();
  const total = (pid: number): number => {
    let time = ownTime(pid) + (statuses.get(pid)?.endedChildren ?? 0);
    for (const [child, { parent }] of statuses) {
      if (parent === pid) time += total(child);
    }
    return time;
  };
  return total(pid);
}

function ownTime(pid: number): number {
  const clock = new Int32Array(1);
  const time = new BigInt64Array(2);
  // A child that has just ended has no clock: its parent has its time.
  if (libc.clock_getcpuclockid(pid, bytes(clock)) !== 0) return 0;
  libc.clock_gettime(clock[0]!, bytes(time));
  return Number(time[0]) * 1e6 + Number(time[1]) / 1000;
}

/** For each process its parent, and the time of its children that ended. */
function allStatuses(): Map<number, { parent: number; endedChildren: number }> {
  const statuses = new Map();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${name}/stat`);
      // A program's name may have spaces; see proc(5).
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const ticks = Number(fields[13]) + Number(fields[14]);
      statuses.set(Number(name), {
        parent: Number(fields[1]),
        endedChildren: ticks / TICKS_PER_SECOND * 1e6,
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  return statuses;
}

function bytes(view: Int32Array | BigInt64Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(view.buffer as ArrayBuffer);
}
