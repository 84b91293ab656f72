/** Bytes copied from larger buffers are collected up to this size. */
const LARGEST_COPY = 4096;
/** A piece may hold at most this many times its own length in memory. */
const MOST_HELD = 16;
/** What a buffer takes beside its bytes. */
const BUFFER_OVERHEAD = 256;

const NOTHING = new ArrayBuffer(0);

/**
 * Bytes that have come in pieces and wait to be taken in order.
 *
 * A piece is a part of the batch that brought it and keeps all of the batch in
 * memory. So one that is much smaller is copied: else a quiet request would
 * hold megabytes of its neighbours'.
 */
export class ByteQueue {
  readonly #pieces: Uint8Array<ArrayBuffer>[] = [];
  #length = 0;
  /** The newest buffer that copies are put into. */
  #copies = NOTHING;

  /** How many bytes there are. */
  get length(): number {
    return this.#length;
  }

  /** The first bytes, as they came; there must be some. */
  get first(): Uint8Array<ArrayBuffer> {
    return this.#pieces[0]!;
  }

  /**
   * Adds bytes, which belong to the queue from now on.
   *
   * @param awaited Whether a reader is waiting: then they are taken at once and
   * need not be copied.
   */
  push(data: Uint8Array<ArrayBuffer>, awaited: boolean): void {
    if (data.length === 0) return;
    this.#length += data.length;
    const held = data.buffer.byteLength + BUFFER_OVERHEAD;
    const lean = data.length * MOST_HELD >= held;
    if (awaited || lean) this.#pieces.push(data);
    else this.#copy(data);
  }

  /** Drops the first `count` bytes, which must be among `first`. */
  skip(count: number): void {
    this.#length -= count;
    if (count === this.first.length) this.#pieces.shift();
    else this.#pieces[0] = this.first.subarray(count);
  }

  /** Moves as many bytes as there are and `buffer` has room for. */
  moveInto(buffer: Uint8Array): number {
    let count = 0;
    while (count < buffer.length && this.#length > 0) {
      const { first } = this;
      const room = buffer.length - count;
      const part = first.length <= room ? first : first.subarray(0, room);
      buffer.set(part, count);
      count += part.length;
      this.skip(part.length);
    }
    return count;
  }

  /** Drops everything. */
  clear(): void {
    this.#pieces.length = 0;
    this.#length = 0;
  }

  #copy(data: Uint8Array): void {
    const last = this.#pieces.at(-1);
    if (last !== undefined && last.buffer === this.#copies) {
      const { byteOffset, length } = last;
      const end = byteOffset + length;
      if (end + data.length <= this.#copies.byteLength) {
        new Uint8Array(this.#copies, end).set(data);
        const joined = new Uint8Array(
          this.#copies,
          byteOffset,
          length + data.length,
        );
        this.#pieces[this.#pieces.length - 1] = joined;
        return;
      }
    }
    // It grows with what waits: most requests never have a second piece.
    const size = Math.max(data.length, Math.min(this.#length, LARGEST_COPY));
    this.#copies = new ArrayBuffer(size);
    const copy = new Uint8Array(this.#copies, 0, data.length);
    copy.set(data);
    this.#pieces.push(copy);
  }
}
