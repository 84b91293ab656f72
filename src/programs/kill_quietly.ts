/** Sends a process a signal, if it has not ended. */
export function killQuietly(
  process: Deno.ChildProcess,
  signal: Deno.Signal = "SIGKILL",
): void {
  try {
    process.kill(signal);
  } catch {
    // It has ended already.
  }
}
