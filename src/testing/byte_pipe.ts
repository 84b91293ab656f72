import { ByteQueue } from "../remote/byte_queue.ts";
import { Condition } from "../streams/condition.ts";

/** After how many reads and writes others get a turn of the event loop. */
const CALLS_PER_TURN = 64;

/** How much goes through a pipe, in bytes. */
export interface PipeSizes {
  /** The most that one read gives. */
  readonly read: number;
  /** The most that one write takes. */
  readonly write: number;
  /** From how many unread bytes on a write waits. */
  readonly highWaterMark: number;
}

/** One direction of a connection: what is written to it can be read. */
export class BytePipe {
  readonly #sizes: PipeSizes;
  #highWaterMark: number;
  readonly #queue = new ByteQueue();
  readonly #changed = new Condition();
  #ended = false;
  #failure: Error | null = null;
  #interruption: Error | null = null;
  #isReading = false;
  #writing = 0;
  #calls = 0;

  constructor(sizes: PipeSizes) {
    this.#sizes = sizes;
    this.#highWaterMark = sizes.highWaterMark;
  }

  /** Whether a read waits for bytes. */
  get isReading(): boolean {
    return this.#isReading;
  }

  /** Whether a write waits until something is read. */
  get isWriting(): boolean {
    return this.#writing > 0;
  }

  /** Reads what has been written; `null` at the end. */
  async read(buffer: Uint8Array): Promise<number | null> {
    if (buffer.length === 0) return 0; // as Deno's connections do
    if (this.#isReading) {
      throw new Deno.errors.Busy("Cannot read as another read is waiting");
    }
    this.#isReading = true;
    try {
      await this.#turn();
      while (this.#queue.length === 0) {
        if (this.#failure !== null) throw this.#failure;
        if (this.#ended) return null;
        await this.#wait();
      }
      const count = this.#queue.moveInto(buffer.subarray(0, this.#sizes.read));
      this.#changed.notify();
      return count;
    } finally {
      this.#isReading = false;
    }
  }

  /**
   * Writes some of `data`, a copy of it: at once where there is room, so that
   * what is not awaited stays in order.
   */
  async write(data: Uint8Array): Promise<number> {
    this.#checkOpen();
    while (this.#queue.length >= this.#highWaterMark) {
      this.#writing++;
      try {
        await this.#wait();
      } finally {
        this.#writing--;
      }
      this.#checkOpen();
    }
    const taken = new Uint8Array(data.subarray(0, this.#sizes.write));
    this.#queue.push(taken, true);
    this.#changed.notify();
    await this.#turn();
    return taken.length;
  }

  /** No more will be written. */
  end(): void {
    this.#ended = true;
    this.#changed.notify();
  }

  /** Makes writes reject, and reads when they have found what was written. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#changed.notify();
  }

  /** Makes the read and the writes that wait reject. */
  interrupt(error: Error): void {
    this.#interruption = error;
    this.#changed.notify();
  }

  /** From now on no write waits. */
  drain(): void {
    this.#highWaterMark = Infinity;
    this.#changed.notify();
  }

  /** Takes all that nobody has read. */
  takeRest(): Uint8Array<ArrayBuffer> {
    const rest = new Uint8Array(this.#queue.length);
    this.#queue.moveInto(rest);
    return rest;
  }

  #checkOpen(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#ended) {
      throw new Deno.errors.BrokenPipe("Cannot write after closeWrite()");
    }
  }

  async #wait(): Promise<void> {
    if (this.#interruption === null) await this.#changed.wait();
    if (this.#interruption !== null) throw this.#interruption;
  }

  /** Else code that reads or writes again and again would stop the clock. */
  #turn(): Promise<void> | null {
    if (++this.#calls % CALLS_PER_TURN > 0) return null;
    return new Promise((resolve) => setImmediate(resolve));
  }
}
