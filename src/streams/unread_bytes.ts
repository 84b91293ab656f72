import { concat } from "@std/bytes/concat";
import { SMALLEST_READ } from "./read_size.ts";

const NOTHING = new Uint8Array(0);

/** Bytes in one piece of memory: they are taken from its front, and others come. */
export class UnreadBytes {
  /** The bytes from `#start` to `#end` are the unread ones. */
  #buffer: Uint8Array<ArrayBuffer> = NOTHING;
  #start = 0;
  #end = 0;
  /**
   * Whether somebody else has a use for the buffer: nothing is read into it, and
   * what is taken out is copied. A line of a datagram is read where it is, which
   * saves a seventh of its time.
   */
  #isBorrowed = false;
  /** Whether somebody writes behind the end: the buffer stays where it is. */
  #isAwaited = false;
  /** Where he writes, if bytes have been put back since, into another buffer. */
  #room: Uint8Array<ArrayBuffer> | null = null;

  /** @param bytes The first ones, which nobody changes. */
  constructor(bytes?: Uint8Array<ArrayBuffer>) {
    if (bytes === undefined) return;
    this.#buffer = bytes;
    this.#isBorrowed = true;
    this.#end = bytes.length;
  }

  /** How many bytes can be taken. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The unread bytes, not copied: the next call may change them. */
  peek(): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /**
   * Where a byte is among the unread ones, or -1.
   *
   * @param from How many of them have been searched before.
   */
  indexOf(byte: number, from: number): number {
    if (this.length === from) return -1;
    // To search what is stale in a small buffer costs less than another view.
    const bytes = this.#buffer.length > SMALLEST_READ
      ? this.#buffer.subarray(0, this.#end)
      : this.#buffer;
    const at = bytes.indexOf(byte, this.#start + from);
    return at === -1 || at >= this.#end ? -1 : at - this.#start;
  }

  /** The first `count` bytes, not copied: what comes next may change them. */
  view(count: number): Uint8Array<ArrayBuffer> {
    const start = this.#start;
    return this.#buffer.subarray(start, start + count);
  }

  /** Drops the first `count` bytes. */
  skip(count: number): void {
    this.#start += count;
  }

  /** Takes the first `count` bytes out, to be kept by the caller. */
  take(count: number): Uint8Array<ArrayBuffer> {
    if (count === 0) return new Uint8Array(0);
    const taken = this.view(count);
    const whole = count === this.#end && count * 2 >= this.#buffer.length;
    if (whole && !this.#isAwaited && !this.#isBorrowed) {
      this.clear();
      return taken;
    }
    this.#start += count;
    return new Uint8Array(taken); // slice() of a Buffer of Node's copies nothing
  }

  /** Puts bytes before the unread ones. */
  putBack(bytes: Uint8Array<ArrayBuffer>): void {
    this.#replace(concat([bytes, this.peek()]));
  }

  /**
   * Leaves the buffer to the system, which may still read it: a write of the
   * unread bytes has failed. What is awaited still comes there, behind them.
   */
  abandon(): void {
    this.#isBorrowed = true;
  }

  /** Drops all of them. */
  clear(): void {
    this.#replace(NOTHING);
  }

  /** The place for `size` more bytes: behind the unread ones, in one piece. */
  protected awaitMore(size: number): Uint8Array {
    const unread = this.length;
    const mayStay = !this.#isBorrowed;
    if (unread === 0) {
      const fits = mayStay && this.#buffer.length === size;
      if (!fits) this.#buffer = new Uint8Array(size);
      this.#start = this.#end = 0;
    } else if (!mayStay || this.#buffer.length - this.#end < size) {
      // Doubled, so that a long message is not moved once for every read.
      const larger = new Uint8Array(unread + Math.max(unread, size));
      larger.set(this.peek());
      this.#replace(larger);
      this.#end = unread;
    }
    this.#isBorrowed = false;
    this.#isAwaited = true;
    return this.#buffer.length === size
      ? this.#buffer
      : this.#buffer.subarray(this.#end, this.#end + size);
  }

  /** Says how many have come there. */
  protected moreCame(count: number): void {
    this.#isAwaited = false;
    if (this.#room === null) {
      this.#end += count;
    } else {
      const came = this.#room.subarray(0, count);
      this.#room = null;
      this.#replace(concat([this.peek(), came]));
    }
  }

  #replace(buffer: Uint8Array<ArrayBuffer>): void {
    if (this.#isAwaited) this.#room ??= this.#buffer.subarray(this.#end);
    this.#buffer = buffer;
    this.#start = 0;
    this.#end = buffer.length;
  }
}
