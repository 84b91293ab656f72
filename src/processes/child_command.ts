/** Never called: it tells `deno cache` of a child's own modules. */
const _entries = () => [
  import("./process_prelude.ts"),
  import("./process_entry.ts"),
];

const PRELUDE = import.meta.resolve("./process_prelude.ts");
const ENTRY = import.meta.resolve("./process_entry.ts");

/** How Deno is started. */
export interface ChildCommand {
  /** The path of Deno. */
  readonly denoPath: string;
  /** Deno's own flags. */
  readonly flags: readonly string[];
}

/**
 * Starts a child process, with the arguments of this program.
 *
 * @param moduleUrl The handler's module.
 * @throws {Deno.errors.NotCapable} If the permission to run is missing.
 * @throws {Deno.errors.NotFound} If Deno is not there.
 * @throws {Error} If the system has no room for another process.
 */
export function startChild(
  { denoPath, flags }: ChildCommand,
  moduleUrl: string,
): Deno.ChildProcess {
  return new Deno.Command(denoPath, {
    args: [
      "run",
      "--no-prompt",
      "--quiet",
      ...flags,
      `--preload=${PRELUDE}`,
      `--preload=${moduleUrl}`,
      `--preload=${ENTRY}`,
      moduleUrl,
      ...Deno.args,
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
