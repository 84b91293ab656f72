const ENTRY = import.meta.resolve("../remote/guardian_entry.ts");

/** Never called: it tells `deno cache` of the guardian's main module. */
const _entry = () => import("../remote/guardian_entry.ts");

/** Sees to it that no child outlives the server, whatever ends the server. */
export class ChildGuardian {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;

  /** Starts the guardian's own process. */
  constructor(denoPath: string) {
    this.#process = new Deno.Command(denoPath, {
      args: ["run", "--no-prompt", "--quiet", "--allow-run", ENTRY],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      detached: true, // what ends the server's group must not end the guardian
    }).spawn();
    this.#process.unref();
    this.#input = this.#process.stdin.getWriter();
  }

  /** Has a child ended when the server is no more. */
  watch(pid: number): void {
    this.#tell(`+${pid}`);
  }

  /** Forgets a child that has ended: its number may be given to another. */
  forget(pid: number): void {
    this.#tell(`-${pid}`);
  }

  /** Ends the guardian. */
  async close(): Promise<void> {
    this.#process.ref();
    await this.#input.close().catch(() => {});
    await this.#process.status;
  }

  #tell(line: string): void {
    // Without a guardian the server works on; so does a child without one.
    this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }
}
