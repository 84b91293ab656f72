const DEVICE = "/dev/null";

/**
 * Whether so many file descriptors are free.
 *
 * It opens as many for a moment, where the permissions allow that. Elsewhere it
 * can only see whether there is any, and that on Linux alone.
 */
export function areFree(count: number): boolean {
  const { os } = Deno.build;
  if (os === "windows") return true;
  const read = { name: "read", path: DEVICE } as const;
  if (Deno.permissions.querySync(read).state !== "granted") {
    // Deno needs one to read how large the program is.
    return os !== "linux" || Deno.memoryUsage().rss > 0;
  }
  const opened: Deno.FsFile[] = [];
  try {
    while (opened.length < count) opened.push(Deno.openSync(DEVICE));
    return true;
  } catch {
    return false;
  } finally {
    for (const file of opened) file.close();
  }
}
