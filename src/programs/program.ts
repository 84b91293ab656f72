import { succeedsWithin } from "../streams/time_limit.ts";
import type { Guardian } from "./guardian.ts";
import { groupGuardian, releaseGroupGuardian } from "./group_guardian.ts";
import { killQuietly } from "./kill_quietly.ts";
import { spawnInSession } from "./spawn_in_session.ts";

/** How long a program may take to end when it is told to, in seconds. */
const GRACE = 1;

/**
 * A program that ends with this isolate, and with it the processes that it has
 * started.
 *
 * These are a process group of their own, where there is a guardian for it.
 * Without one the program stays in this process's group: a group of its own
 * would outlive a server that is killed, and not hear of a terminal's Ctrl-C.
 * Then it is ended alone.
 */
export class Program {
  readonly #process: Deno.ChildProcess;
  readonly #guardian: Guardian | null = groupGuardian();
  /** For want of a guardian; in a child it is the only notice of its end. */
  readonly #onUnload = () => killQuietly(this.#process);

  /**
   * Starts a program. Its standard error is that of this process.
   *
   * @throws {Error} What `Deno.Command` throws.
   */
  constructor(
    command: string,
    options: Pick<Deno.CommandOptions, "args" | "env">,
  ) {
    const piped = {
      ...options,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    } as const;
    try {
      this.#process = this.#guardian === null
        ? new Deno.Command(command, piped).spawn()
        : spawnInSession(command, piped);
    } catch (error) {
      releaseGroupGuardian();
      throw error;
    }
    if (this.#guardian === null) addEventListener("unload", this.#onUnload);
    else this.#guardian.watch(this.#process.pid);
  }

  /** Its standard input. */
  get stdin(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#process.stdin;
  }

  /** Its standard output. */
  get stdout(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#process.stdout;
  }

  /** Resolves when it has ended. */
  get status(): Promise<Deno.CommandStatus> {
    return this.#process.status;
  }

  /**
   * Ends the program, politely first, if it has not ended, and what it has
   * left behind. Of the latter it waits for nothing.
   */
  async end(): Promise<void> {
    // Deno waits for the process as soon as that ends. So a group is told after
    // its leader has gone, if the program has ended by itself.
    if (this.#guardian === null) killQuietly(this.#process, "SIGTERM");
    else this.#guardian.forget(this.#process.pid);
    if (!await succeedsWithin(this.status, GRACE)) killQuietly(this.#process);
    removeEventListener("unload", this.#onUnload);
    await releaseGroupGuardian();
  }
}
