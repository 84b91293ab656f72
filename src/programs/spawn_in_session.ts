/** Programs that have been started: they are there, and can be executed. */
const known = new Set<string>();
/** How `setsid` ends if a program is not there, or can't be executed. */
const FAILED = [126, 127];

/**
 * Starts a program in a session and a process group of its own.
 *
 * `detached` makes them, but has Deno fork: the server stands still while the
 * tables of its memory are copied, for 0.6 ms at the least and 4 ms more for
 * each 100 MB. Where `setsid` may be run it makes the session, a moment after
 * its start. As it could not report that there is no such program, it is used
 * from a program's second start on.
 *
 * @throws {Error} What `Deno.Command` throws.
 */
export function spawnInSession(
  command: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  return spawnBySetsid(command, options) ?? spawnDetached(command, options);
}

/** Whether a program may be run without asking anybody. */
export function mayRun(command: string): boolean {
  const descriptor = { name: "run", command } as const;
  return Deno.permissions.querySync(descriptor).state === "granted";
}

function spawnBySetsid(
  command: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess | null {
  if (Deno.build.os !== "linux" || !known.has(command)) return null;
  if (!mayRun(command) || !mayRun("setsid")) return null;
  const args = ["--", command, ...options.args ?? []];
  try {
    const process = new Deno.Command("setsid", { ...options, args }).spawn();
    // If it has gone in the meantime, the next start tells.
    process.status.then(({ code }) => {
      if (FAILED.includes(code)) known.delete(command);
    });
    return process;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function spawnDetached(
  command: string,
  options: Deno.CommandOptions,
): Deno.ChildProcess {
  const process = new Deno.Command(command, { ...options, detached: true })
    .spawn();
  known.add(command);
  return process;
}
