import { isExhaustion } from "../streams/exhaustion.ts";

/** A file that has no contents, on every system but Windows. */
const EMPTY = "/dev/null";

/**
 * Whether so many file descriptors are free.
 *
 * It opens a file as often for a moment, where the permissions allow that.
 * Elsewhere it can only see whether there is any, and that on Linux alone.
 *
 * @param others Further files, of which one may be readable.
 */
export function areFree(count: number, others: readonly URL[] = []): boolean {
  const { os } = Deno.build;
  if (os === "windows") return true;
  const file = [EMPTY, ...others].find(isReadable);
  if (file !== undefined) return canOpen(file, count);
  // To tell how large the program is, Deno reads a file, if it can.
  return os !== "linux" || Deno.memoryUsage().rss > 0;
}

function isReadable(path: string | URL): boolean {
  return Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

function canOpen(file: string | URL, count: number): boolean {
  const opened: Deno.FsFile[] = [];
  try {
    while (opened.length < count) opened.push(Deno.openSync(file));
    return true;
  } catch (error) {
    return !isExhaustion(error);
  } finally {
    for (const one of opened) one.close();
  }
}
