const ENTRY = import.meta.resolve("./guardian_entry.ts");

/** Never called: it tells `deno cache` of the guardian's main module. */
const _entry = () => import("./guardian_entry.ts");

/**
 * Sees to it that no child outlives the server, whatever ends the server.
 *
 * It is a process, which is replaced when it ends before its time.
 */
export class ChildGuardian {
  readonly #denoPath: string;
  readonly #children = new Set<number>();
  #process: Deno.ChildProcess;
  #input: WritableStreamDefaultWriter<Uint8Array>;
  /** Whether it has been given a child: else it would end as soon again. */
  #used = false;
  /** Whether it has ended, and there was no room for another one. */
  #missing = false;
  #closed = false;

  /** Starts the guardian's own process. */
  constructor(denoPath: string) {
    this.#denoPath = denoPath;
    this.#process = this.#spawn();
    this.#input = this.#process.stdin.getWriter();
  }

  /** Has a child ended when the server is no more. */
  watch(pid: number): void {
    if (this.#missing) this.#replace();
    this.#used = true;
    this.#children.add(pid);
    this.#tell(`+${pid}`);
  }

  /** Forgets a child that has ended: its process ID may be reused. */
  forget(pid: number): void {
    this.#children.delete(pid);
    this.#tell(`-${pid}`);
  }

  /** Ends the guardian. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#process.ref();
    await this.#input.close().catch(() => {});
    await this.#process.status;
  }

  #spawn(): Deno.ChildProcess {
    const process = new Deno.Command(this.#denoPath, {
      args: ["run", "--no-prompt", "--quiet", "--allow-run", ENTRY],
      stdin: "piped",
      stdout: "null",
      stderr: "null",
      detached: true, // what ends the server's group must not end the guardian
    }).spawn();
    process.unref();
    process.status.then(() => {
      if (!this.#closed && this.#used) this.#replace();
    });
    return process;
  }

  #replace(): void {
    this.#used = false;
    this.#missing = true;
    try {
      this.#process = this.#spawn();
    } catch {
      return; // it is tried again with the next child
    }
    this.#missing = false;
    this.#input = this.#process.stdin.getWriter();
    for (const pid of this.#children) this.#tell(`+${pid}`);
  }

  #tell(line: string): void {
    // Without a guardian the server works on; so does a child without one.
    this.#input.write(new TextEncoder().encode(`${line}\n`)).catch(() => {});
  }
}
