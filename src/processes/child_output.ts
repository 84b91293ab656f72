import { concat } from "@std/bytes/concat";
import { TurnBudget } from "../remote/turn_budget.ts";
import { succeedsWithin } from "../streams/time_limit.ts";
import { MarkedBatches } from "./marked_batches.ts";

/** How much of what a process last wrote is kept for its error, in bytes. */
const LAST_WORDS = 4096;
/** How many frames a piece counts as that is printed, of a turn's budget. */
const COST_OF_PRINTING = 256;
/** How long to read on when the process has ended, in seconds. */
const GRACE = 1;

type OnBatch = (bytes: Uint8Array<ArrayBuffer>) => Promise<void> | undefined;
type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/**
 * Reads what a child process writes: its batches of frames, and what its
 * handlers print, which goes to this program's standard error.
 */
export class ChildOutput {
  readonly #output: Reader;
  readonly #errors: Reader;
  readonly #reading: Promise<unknown>;
  readonly #budget = new TurnBudget();
  #lastWords = new Uint8Array(0);

  /**
   * Begins to read.
   *
   * @param mark What the batches begin with.
   * @param onBatch Takes a part of a batch; nothing is read until the promise
   * resolves that it may return.
   */
  constructor(
    { stdout, stderr }: Deno.ChildProcess,
    mark: Uint8Array,
    onBatch: OnBatch,
  ) {
    this.#output = stdout.getReader();
    this.#errors = stderr.getReader();
    this.#reading = Promise.all([
      this.#readBatches(mark, onBatch),
      this.#forwardErrors(),
    ]);
    this.#reading.catch(() => {}); // finish() sees to it
  }

  /** The end of what was written to standard error. */
  get lastWords(): string {
    return new TextDecoder().decode(this.#lastWords).trim();
  }

  /** Reads to the end: the process has ended. */
  async finish(): Promise<void> {
    // A program that it started may have inherited the pipes and live on.
    if (await succeedsWithin(this.#reading, GRACE)) return;
    await Promise.allSettled([this.#output.cancel(), this.#errors.cancel()]);
  }

  async #readBatches(
    mark: Uint8Array,
    onBatch: OnBatch,
  ): Promise<void> {
    let taken: ReturnType<OnBatch>;
    const printed: Uint8Array[] = [];
    const batches = new MarkedBatches(mark, {
      onBatch: (bytes) => {
        taken = onBatch(bytes);
      },
      onPrinted: (bytes) => {
        printed.push(bytes);
      },
    });
    for (;;) {
      const { value } = await this.#output.read();
      if (value === undefined) return;
      batches.push(value);
      await taken;
      if (printed.length > 0) await this.#print(concat(printed.splice(0)));
    }
  }

  async #forwardErrors(): Promise<void> {
    for (;;) {
      const { value } = await this.#errors.read();
      if (value === undefined) return;
      const newest = value.subarray(-LAST_WORDS);
      this.#lastWords = concat([this.#lastWords, newest]).slice(-LAST_WORDS);
      await this.#print(value);
    }
  }

  /** Writes to this program's own standard error, so much in a turn. */
  async #print(bytes: Uint8Array): Promise<void> {
    try {
      for (let sent = 0; sent < bytes.length;) {
        sent += await Deno.stderr.write(bytes.subarray(sent));
      }
    } catch {
      // Nobody reads it, or there is no room for it: that is no child's fault.
    }
    const isSpent = this.#budget.spend(COST_OF_PRINTING, bytes.length);
    if (isSpent) await this.#budget.renew();
  }
}
