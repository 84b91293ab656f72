/**
 * Starts a program in a session and a process group of its own.
 *
 * `detached` would do, but with it Deno forks: the server waits while the tables
 * of its memory are copied, some 0.5 ms at the least and 4 ms for each 100 MB.
 * Where `setsid` may be run, it makes the session, a moment after the start.
 *
 * @throws {Error} What `Deno.Command` throws.
 */
export function spawnInSession(
  command: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  if (Deno.build.os === "linux" && mayRun("setsid")) {
    checkProgram(command);
    const args = ["--", command, ...options.args ?? []];
    try {
      return new Deno.Command("setsid", { ...options, args }).spawn();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return new Deno.Command(command, { ...options, detached: true }).spawn();
}

/** Whether a program may be run without asking anybody. */
export function mayRun(command: string): boolean {
  const descriptor = { name: "run", command } as const;
  return Deno.permissions.querySync(descriptor).state === "granted";
}

/**
 * Checks that a program is there and may be run, which `setsid` could not
 * report: Deno refuses an argument with a NUL after that, and runs nothing.
 */
function checkProgram(command: string): void {
  try {
    new Deno.Command(command, { args: ["\0"] }).spawn();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
}
