import { Guardian } from "../programs/guardian.ts";

const ENTRY = import.meta.resolve("./guardian_entry.ts");

/** Never called: it tells `deno cache` of the guardian's main module. */
const _entry = () => import("./guardian_entry.ts");

/**
 * Sees to it that no child outlives the server, whatever ends the server.
 *
 * It needs no other permission than the children do: to run Deno.
 */
export class ChildGuardian extends Guardian {
  /**
   * Starts the guardian.
   *
   * @throws {Error} What `Deno.Command` throws.
   */
  constructor(denoPath: string) {
    super(() =>
      new Deno.Command(denoPath, {
        args: ["run", "--no-prompt", "--quiet", "--allow-run", ENTRY],
        stdin: "piped",
        stdout: "null",
        stderr: "null",
        detached: true, // what ends the server's group must not end the guardian
      }).spawn()
    );
  }
}
