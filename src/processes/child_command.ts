import type { FarSettings } from "../remote/far_side.ts";
import { settingsArgument } from "./process_settings.ts";

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
 * Starts a child process.
 *
 * @param mark What its batches of frames begin with.
 * @throws {Deno.errors.NotCapable} If the permission to run is missing.
 * @throws {Deno.errors.NotFound} If Deno is not there.
 * @throws {Error} If the system has no room for another process.
 */
export function startChild(
  { denoPath, flags }: ChildCommand,
  settings: FarSettings,
  mark: Uint8Array,
): Deno.ChildProcess {
  const { moduleUrl } = settings.handler;
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
      settingsArgument(settings, mark),
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}
