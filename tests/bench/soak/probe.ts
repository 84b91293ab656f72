/** What a process takes of the system. */
export interface Footprint {
  readonly descriptors: number;
  /** Its memory, in megabytes. */
  readonly megabytes: number;
  /** Without those of Deno's own pool. */
  readonly threads: number;
  readonly children: number;
}

/** What a process takes now; only Linux tells. */
export function footprintOf(pid: number): Footprint {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return {
    descriptors: descriptorsOf(pid),
    megabytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) / 1024,
    threads: threadsOf(pid),
    children: childrenOf(pid).length,
  };
}

/**
 * The descriptors of a process, without copies of its standard input: Deno has
 * one while it waits for that, and it may not wait yet when it has just answered.
 */
function descriptorsOf(pid: number): number {
  const files = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) =>
    linkOf(`/proc/${pid}/fd/${name}`)
  );
  const input = linkOf(`/proc/${pid}/fd/0`);
  return files.filter((file) => file !== input).length;
}

/** Where a link leads; nowhere if it has gone meanwhile. */
function linkOf(path: string): string {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return "";
  }
}

/**
 * The threads of a process, without those of Deno's pool: they come when there is
 * something to wait for, and go after ten idle seconds.
 */
function threadsOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].filter(({ name }) =>
    !textOf(`/proc/${pid}/task/${name}/comm`).startsWith("tokio-runtime")
  ).length;
}

/** The child processes of a process. */
export function childrenOf(pid: number): number[] {
  const children: number[] = [];
  for (const { name } of Deno.readDirSync(`/proc/${pid}/task`)) {
    children.push(...numbersIn(`/proc/${pid}/task/${name}/children`));
  }
  return children;
}

/** The processes that run `sleep` for so many seconds. */
export function sleepersOf(mark: number): number[] {
  const found: number[] = [];
  for (const { name } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    if (textOf(`/proc/${name}/cmdline`) === `sleep\0${mark}\0`) {
      found.push(Number(name));
    }
  }
  return found;
}

/**
 * How many datagrams the system has dropped that were sent to a UDP port, as its
 * socket's queue was full.
 */
export function droppedAt(port: number): number {
  const place = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const line = textOf("/proc/net/udp").split("\n")
    .find((each) => each.includes(place));
  return Number(line?.trim().split(/\s+/).at(-1) ?? 0);
}

function numbersIn(path: string): number[] {
  return textOf(path).split(" ").filter(Boolean).map(Number);
}

/** What stands in a file; nothing if its process has gone meanwhile. */
function textOf(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
