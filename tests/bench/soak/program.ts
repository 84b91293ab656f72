import { deadline } from "@std/async/deadline";
import { TextLineStream } from "@std/streams/text-line-stream";

const LIMIT_MS = 40_000;
const END_LIMIT_MS = 5000;

/** A program of the soak, which prints JSON and may be told something. */
export class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;

  /**
   * Starts it.
   *
   * @param name Its file.
   * @param args Its arguments.
   * @param wrapper A command that starts it.
   */
  constructor(name: string, args: string[], wrapper: readonly string[] = []) {
    const [command, ...rest] = [
      ...wrapper,
      Deno.execPath(),
      "run",
      "-A",
      "--quiet",
      "--no-prompt",
      "--no-check",
      "--v8-flags=--expose-gc",
      `${import.meta.dirname}/${name}`,
      ...args,
    ];
    this.#process = new Deno.Command(command!, {
      args: rest,
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#process.stdin.getWriter();
    this.#lines = this.#process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
  }

  /** The number of its process. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Closes its standard input, and waits for its end. */
  async ended(): Promise<Deno.CommandStatus> {
    await this.#input.close();
    return await deadline(this.#process.status, END_LIMIT_MS);
  }

  /** What it prints next; `undefined` if it has ended. */
  // deno-lint-ignore no-explicit-any -- each program prints its own
  async next(limitMs = LIMIT_MS): Promise<any> {
    const { value } = await deadline(this.#lines.read(), limitMs);
    return value === undefined ? undefined : JSON.parse(value);
  }

  /** Tells it something, and takes what it answers. */
  // deno-lint-ignore no-explicit-any -- see above
  async ask(line: string, limitMs = LIMIT_MS): Promise<any> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    return await this.next(limitMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#process.status;
    await this.#input.abort().catch(() => {});
    await this.#lines.cancel().catch(() => {});
  }
}
