/**
 * The main module of a process that outlives the server by a moment, to end
 * the children that it leaves behind.
 *
 * A child that waits for its client sees the end of its input when the server
 * is killed. It ends by itself, and what it has started with it. One that is
 * computing sees nothing.
 *
 * Each line of standard input names a child: `+` and its process ID when it has
 * started, `-` and its process ID when it has ended. At the end of the input
 * the rest are killed.
 *
 * @module
 */
import { RequestReader } from "../streams/request_reader.ts";
import { LAST_GRACE } from "../streams/time_limit.ts";

// A service manager stops all processes at once; the children end first.
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => {});

const children = new Set<number>();
const input = new RequestReader({ read: (bytes) => Deno.stdin.read(bytes) });
for await (const line of input.lines()) {
  const pid = Number(line.slice(1));
  if (line.startsWith("+")) children.add(pid);
  else children.delete(pid);
}
if (children.size > 0) {
  await new Promise((resolve) => setTimeout(resolve, LAST_GRACE * 1000));
}
for (const pid of children) {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
