import { memoryOf } from "./memory.ts";
import { processorTime } from "./processor_time.ts";

/** A program, and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** A server in a process of its own. It prints its port and nothing more. */
export class Server implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** How long that took, in milliseconds. */
  readonly startTime: number;

  private constructor(
    process: Deno.ChildProcess,
    port: number,
    startTime: number,
  ) {
    this.#process = process;
    this.port = port;
    this.startTime = startTime;
  }

  /**
   * Starts it, and resolves when it listens.
   *
   * @param stderr What becomes of its reports.
   */
  static async start(
    [program, ...args]: Command,
    stderr: "inherit" | "null" = "inherit",
  ): Promise<Server> {
    const start = performance.now();
    const process = new Deno.Command(program, {
      args,
      stdin: "piped", // which stays open: some servers end with it
      stdout: "piped",
      stderr,
    }).spawn();
    const reader = process.stdout.getReader();
    const { value } = await reader.read();
    const time = performance.now() - start;
    reader.releaseLock();
    const port = Number(new TextDecoder().decode(value));
    return new Server(process, port, time);
  }

  /** Of the process and all that it has started, in microseconds. */
  processorTime(): number {
    return processorTime(this.#process.pid);
  }

  /** What it has in memory, in KB. */
  memory(): number {
    return memoryOf(this.#process.pid);
  }

  /** How many descriptors it has. */
  descriptors(): number {
    return [...Deno.readDirSync(`/proc/${this.#process.pid}/fd`)].length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill();
    await this.#process.stdin.abort();
    await this.#process.stdout.cancel();
    await this.#process.status;
  }
}
