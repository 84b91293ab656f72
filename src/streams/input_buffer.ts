import type { ByteSource } from "../types.ts";
import { concat } from "@std/bytes/concat";
import { wrongReadCount } from "./argument_checks.ts";
import { DelimiterSkip } from "./delimiter_skip.ts";
import { noteOrigin } from "./error_origin.ts";
import { isCutOff } from "./cut_off.ts";
import { LARGEST_READ, ReadSize, SMALLEST_READ } from "./read_size.ts";
import { withDeadline } from "./time_limit.ts";

const NOTHING = new Uint8Array(0);

/**
 * The bytes that have come from a source and have not been asked for.
 *
 * The buffer grows while the source fills it and shrinks when it does not, so
 * that an idle connection holds little and a busy one is read in large pieces.
 */
export class InputBuffer {
  /** `null` if there were only bytes. */
  readonly #source: ByteSource | null;
  /** No more will come. */
  #ended: boolean;
  readonly #bufferSize: number;
  readonly #timeout: number | null;

  /** The bytes from `#start` to `#end` are the unread ones. */
  #buffer: Uint8Array<ArrayBuffer> = NOTHING;
  #start = 0;
  #end = 0;
  /**
   * Whether the buffer is somebody else's: what is taken out is copied. A line of
   * a datagram is read where it is, which saves a seventh of its time.
   */
  #isBorrowed = false;

  /** Finds the end of what is being skipped; then nothing is unread. */
  #skipping: DelimiterSkip | null = null;

  /** How much to read at once, if nobody has fixed that. */
  readonly readSize: ReadSize = new ReadSize();
  /**
   * The read in flight. One that outlived its timeout stays here, and the
   * next call waits for it again, so its bytes are neither lost nor doubled.
   * It writes behind `#end`: the buffer stays where it is meanwhile.
   */
  #reading: Promise<boolean> | null = null;

  constructor(
    source: ByteSource | Uint8Array<ArrayBuffer>,
    bufferSize: number,
    timeout: number | null,
  ) {
    this.#ended = source instanceof Uint8Array;
    if (source instanceof Uint8Array) {
      this.#source = null;
      this.#buffer = source;
      this.#isBorrowed = true;
      this.#end = source.length;
    } else {
      this.#source = source;
    }
    this.#bufferSize = bufferSize;
    this.#timeout = timeout;
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

  /**
   * Takes the first `count` bytes, not copied: the next fill may change them.
   */
  view(count: number): Uint8Array<ArrayBuffer> {
    const start = this.#start;
    return this.#buffer.subarray(start, start + count);
  }

  /** Drops the first `count` bytes. */
  skip(count: number): void {
    this.#start += count;
  }

  /**
   * Drops everything up to a delimiter, and the delimiter.
   *
   * What has not come yet is dropped when it comes. Until the delimiter is
   * there, no bytes can be taken, and each fill() goes on to look for it.
   */
  skipPast(delimiter: Uint8Array): void {
    this.#skipping = new DelimiterSkip(delimiter);
    this.#skipOn(this.#skipping);
  }

  #skipOn(skipping: DelimiterSkip): void {
    const end = skipping.endIn(this.peek());
    if (end !== -1) this.#skipping = null;
    this.#start = end === -1 ? this.#end : this.#start + end;
  }

  /** Takes the first `count` bytes out, to be kept by the caller. */
  take(count: number): Uint8Array<ArrayBuffer> {
    if (count === 0) return new Uint8Array(0);
    const taken = this.#buffer.subarray(this.#start, this.#start + count);
    const whole = count === this.#end && count * 2 >= this.#buffer.length;
    if (whole && this.#reading === null && !this.#isBorrowed) {
      this.#buffer = NOTHING;
      this.#start = this.#end = 0;
      return taken;
    }
    this.#start += count;
    return new Uint8Array(taken); // slice() of a Buffer of Node's copies nothing
  }

  /** Puts bytes before the unread ones. */
  putBack(bytes: Uint8Array<ArrayBuffer>): void {
    const joined = concat([bytes, this.peek()]);
    this.#buffer = joined;
    this.#start = 0;
    this.#end = joined.length;
  }

  /**
   * Puts the unread bytes elsewhere, as the system may still read them where
   * they are: a write of them has failed.
   */
  abandon(): void {
    this.#buffer = this.peek().slice();
    this.#start = 0;
    this.#end = this.#buffer.length;
  }

  /** Drops the bytes that have come, and those that are still to come. */
  discard(): void {
    this.#ended = true;
    this.#buffer = NOTHING;
    this.#start = this.#end = 0;
  }

  /**
   * Waits for more bytes.
   *
   * @param wanted How many the caller can use, for a buffer that must not
   * read ahead.
   * @returns False at the end of the input.
   */
  fill(wanted: number): Promise<boolean> {
    return this.#skipping === null
      ? this.#fillOnce(wanted)
      : this.#fillBehind(wanted);
  }

  /** Fills the buffer with what comes behind the bytes that are skipped. */
  async #fillBehind(wanted: number): Promise<boolean> {
    while (await this.#fillOnce(wanted)) if (this.length > 0) return true;
    return false;
  }

  #fillOnce(wanted: number): Promise<boolean> {
    if (this.#ended) return Promise.resolve(false);
    const source = this.#source!; // bytes alone have ended from the start
    this.#reading ??= this.#read(source, wanted);
    return this.#timeout === null
      ? this.#reading
      : withDeadline(this.#reading, this.#timeout, "read", source);
  }

  /** Not async: that would hold 0.25 KB more for each quiet client. */
  #read(source: ByteSource, wanted: number): Promise<boolean> {
    const room = this.#room(wanted);
    const { length } = room;
    return readInto(room, source).then(
      (count) => this.#took(count, length),
      (error) => this.#failed(error),
    );
  }

  #took(count: number | null, room: number): boolean {
    this.#reading = null;
    if (count === null) return this.#noteEnd();
    if (count >>> 0 !== count || count > room) {
      throw this.trace(wrongReadCount(count));
    }
    if (this.#ended) return false; // discarded meanwhile
    this.#end += count;
    if (this.#skipping !== null) this.#skipOn(this.#skipping);
    this.readSize.learn(count, room);
    return true;
  }

  #failed(error: unknown): false {
    this.#reading = null;
    if (isCutOff(error)) return this.#noteEnd();
    noteOrigin(error, this.#source!);
    throw error;
  }

  #noteEnd(): false {
    this.#ended = true;
    return false;
  }

  /** Marks an error as one that the source's bytes, or their end, have caused. */
  trace<E extends Error>(error: E): E {
    if (this.#source !== null) noteOrigin(error, this.#source);
    return error;
  }

  /** The place for the next bytes: behind the unread ones, in one piece. */
  #room(wanted: number): Uint8Array {
    const unread = this.#end - this.#start;
    const size = this.#bufferSize === -1
      ? this.readSize.next
      : this.#bufferSize || Math.min(wanted, LARGEST_READ);
    if (unread === 0) {
      if (this.#buffer.length !== size) this.#buffer = new Uint8Array(size);
      this.#start = this.#end = 0;
    } else if (this.#buffer.length - this.#end < size) {
      // Doubled, so that a long message is not moved once for every read.
      const larger = new Uint8Array(unread + Math.max(unread, size));
      larger.set(this.peek());
      this.#buffer = larger;
      this.#start = 0;
      this.#end = unread;
    }
    return this.#buffer.length === size
      ? this.#buffer
      : this.#buffer.subarray(this.#end, this.#end + size);
  }
}

/** Reads. Rejects if a source throws, which has no async function either. */
function readInto(
  room: Uint8Array,
  source: ByteSource,
): Promise<number | null> {
  try {
    return Promise.resolve(source.read(room));
  } catch (error) {
    return Promise.reject(error);
  }
}
