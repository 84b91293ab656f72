/** The smallest read: it may wait long for a quiet client. In bytes. */
export const SMALLEST_READ = 512;
/** The largest read, for a client that sends much, in bytes. */
export const LARGEST_READ = 65_536;
/**
 * The largest read of an input that is piped, in bytes: a gigabyte takes 0.7 of
 * the time that it takes in reads of 64 KiB.
 */
const LARGEST_PIPED_READ = 262_144;
/** The largest one when such an input has paused, in bytes. */
const LARGEST_PAUSED_READ = 16_384;

/** How much to read at once: little from a quiet client, much from a busy one. */
export class ReadSize {
  #size = SMALLEST_READ;
  #largest = LARGEST_READ;
  /** Whether the last read has taken all that had come. */
  #hasPaused = false;

  /**
   * Says whether the bytes are only looked at, and dropped. More is read at once
   * then as long as the client sends it, and little as soon as it does not.
   */
  setPiped(isPiped: boolean): void {
    this.#largest = isPiped ? LARGEST_PIPED_READ : LARGEST_READ;
    this.#size = Math.min(this.#size, LARGEST_READ);
  }

  /** The size of the next read, in bytes. */
  get next(): number {
    return this.#hasPaused && this.#largest === LARGEST_PIPED_READ
      ? Math.min(this.#size, LARGEST_PAUSED_READ)
      : this.#size;
  }

  /** Learns from a read of `count` bytes into `room`. */
  learn(count: number, room: number): void {
    this.#hasPaused = count < room;
    if (count === this.#size) {
      this.#size = Math.min(count * 4, this.#largest);
    } else if (this.#hasPaused && count * 4 < this.#size) {
      this.#size = Math.max(this.#size / 2, SMALLEST_READ);
    }
  }
}
