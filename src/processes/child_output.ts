import { concat } from "@std/bytes/concat";
import { withinTimeLimit } from "../streams/time_limit.ts";
import { MarkedBatches } from "./marked_batches.ts";

/** How much of what a process last wrote is kept for its error, in bytes. */
const LAST_WORDS = 4096;
/** How long to read on when the process has ended, in seconds. */
const GRACE = 1;

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/**
 * Reads what a child process writes: its batches of frames, and what its
 * handlers print, which goes to this program's standard error.
 */
export class ChildOutput {
  readonly #output: Reader;
  readonly #errors: Reader;
  readonly #reading: Promise<unknown>;
  #lastWords = new Uint8Array(0);

  /**
   * Begins to read.
   *
   * @param mark What the batches begin with.
   * @param onBatch Takes a part of a batch.
   */
  constructor(
    { stdout, stderr }: Deno.ChildProcess,
    mark: Uint8Array,
    onBatch: (bytes: Uint8Array<ArrayBuffer>) => void,
  ) {
    this.#output = stdout.getReader();
    this.#errors = stderr.getReader();
    this.#reading = Promise.all([
      this.#readBatches(mark, onBatch),
      this.#forwardErrors(),
    ]);
  }

  /** The end of what was written to standard error. */
  get lastWords(): string {
    return new TextDecoder().decode(this.#lastWords).trim();
  }

  /** Reads to the end: the process has ended. */
  async finish(): Promise<void> {
    // A program that it started may have inherited the pipes and live on.
    await withinTimeLimit(this.#reading, GRACE, "read what is left")
      .catch(() => Promise.all([this.#output.cancel(), this.#errors.cancel()]));
  }

  async #readBatches(
    mark: Uint8Array,
    onBatch: (bytes: Uint8Array<ArrayBuffer>) => void,
  ): Promise<void> {
    let printing: Promise<void> | null = null;
    const batches = new MarkedBatches(mark, {
      onBatch,
      onPrinted: (bytes) => printing = print(bytes, printing),
    });
    for (;;) {
      const { value } = await this.#output.read();
      if (value === undefined) return;
      batches.push(value);
      if (printing !== null) await printing;
    }
  }

  async #forwardErrors(): Promise<void> {
    for (;;) {
      const { value } = await this.#errors.read();
      if (value === undefined) return;
      this.#lastWords = concat([this.#lastWords, value]).slice(-LAST_WORDS);
      await print(value, null);
    }
  }
}

/** Writes to this program's own standard error. */
async function print(
  bytes: Uint8Array,
  before: Promise<void> | null,
): Promise<void> {
  await before;
  try {
    for (let sent = 0; sent < bytes.length;) {
      sent += await Deno.stderr.write(bytes.subarray(sent));
    }
  } catch {
    // Nobody reads it, or there is no room for it: that is no child's fault.
  }
}
