/** Lets a child process keep the program alive while somebody waits for it. */
export class ProcessHold {
  readonly #process: Deno.ChildProcess;
  #waiting = 0;

  /** Creates an instance; nobody waits yet. */
  constructor(process: Deno.ChildProcess) {
    this.#process = process;
    process.unref();
  }

  /** Waits for `work`, which depends on the process. */
  async during(work: Promise<void>): Promise<void> {
    if (this.#waiting++ === 0) this.#keepAlive(true);
    try {
      await work;
    } finally {
      if (--this.#waiting === 0) this.#keepAlive(false);
    }
  }

  #keepAlive(program: boolean): void {
    try {
      if (program) this.#process.ref();
      else this.#process.unref();
    } catch {
      // The process has ended: it keeps nothing alive.
    }
  }
}
