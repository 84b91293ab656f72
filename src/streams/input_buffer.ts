import type { ByteSource } from "../types.ts";
import { wrongReadCount } from "./argument_checks.ts";
import { DelimiterSkip } from "./delimiter_skip.ts";
import { noteOrigin } from "./error_origin.ts";
import { isCutOff } from "./cut_off.ts";
import { LARGEST_READ, ReadSize } from "./read_size.ts";
import { UnreadBytes } from "./unread_bytes.ts";

/** How often the end is told at once: nobody who reads on has understood it. */
const MOST_ENDS = 16;

/** Sends what has been collected; `null` if nothing has. */
export type Flush = () => Promise<void> | null;

/**
 * The bytes that have come from a source and have not been asked for.
 *
 * The buffer grows while the source fills it and shrinks when it does not, so
 * that an idle connection holds little and a busy one is read in large pieces.
 */
export class InputBuffer extends UnreadBytes {
  /** `null` if there were only bytes. */
  readonly #source: ByteSource | null;
  /** No more will come. */
  #ended: boolean;
  /** How often that has been told. */
  #endsTold = 0;
  readonly #bufferSize: number;
  /** Sends what is to be sent before a wait; see {@linkcode flushFirst}. */
  #flush: Flush | null = null;

  /** Finds the end of what is being skipped; then nothing is unread. */
  #skipping: DelimiterSkip | null = null;

  /** How much to read at once, if nobody has fixed that. */
  readonly readSize: ReadSize = new ReadSize();
  /**
   * The read in flight. One that nobody waits for any more stays here, and the
   * next call waits for it again, so its bytes are neither lost nor doubled.
   */
  #reading: Promise<boolean> | null = null;
  /** Whether the one that waits, or waited last, has not given up. */
  #isAwaited = false;
  /** Whether that read has failed. */
  #hasFailed = false;

  constructor(
    source: ByteSource | Uint8Array<ArrayBuffer>,
    bufferSize: number,
  ) {
    const isBytes = source instanceof Uint8Array;
    super(isBytes ? source : undefined);
    this.#source = isBytes ? null : source;
    this.#ended = isBytes;
    this.#bufferSize = bufferSize;
  }

  /** Has something sent before more bytes are waited for. */
  flushFirst(flush: Flush): void {
    this.#flush = flush;
  }

  /**
   * Drops everything up to a delimiter, and the delimiter.
   *
   * What has not come yet is dropped when it comes. Until the delimiter is
   * there, no bytes can be taken, and each fill() looks for it.
   */
  skipPast(delimiter: Uint8Array): void {
    this.#skipping = new DelimiterSkip(delimiter);
    this.#skipOn(this.#skipping);
  }

  /** Whether bytes are being dropped: nothing is unread then. */
  get isSkipping(): boolean {
    return this.#skipping !== null;
  }

  #skipOn(skipping: DelimiterSkip): void {
    const end = skipping.endIn(this.peek());
    if (end !== -1) this.#skipping = null;
    this.skip(end === -1 ? this.length : end);
  }

  /** Drops the bytes that have come, and those that are still to come. */
  discard(): void {
    this.#ended = true;
    this.clear();
  }

  /**
   * Waits for more bytes. What comes may all have to be skipped.
   *
   * @param wanted How many the caller can use, for a buffer that must not
   * read ahead.
   * @returns False at the end of the input.
   */
  fill(wanted: number): Promise<boolean> {
    if (this.#ended) return this.#tellEnd();
    if (this.#hasFailed && this.#isAwaited) {
      // Somebody was told; one who had given up was not.
      this.#hasFailed = false;
      this.#reading = null;
    }
    this.#isAwaited = true;
    const flushed = this.#flush === null ? null : this.#flush();
    if (flushed !== null) return this.#fillAfter(flushed, wanted);
    // Bytes alone have ended from the start.
    return this.#reading ??= this.#read(this.#source!, wanted);
  }

  /**
   * A loop that takes `null` for an empty line would never let go of the event
   * loop: no timer, no other client, no limit would come to its turn.
   */
  #tellEnd(): Promise<boolean> {
    if (this.#endsTold++ < MOST_ENDS) return Promise.resolve(false);
    return new Promise((resolve) => setTimeout(resolve, 0, false));
  }

  /**
   * The read counts as one in flight from now on, although it has not begun: its
   * caller may give up, and it goes on all the same.
   */
  #fillAfter(flushed: Promise<void>, wanted: number): Promise<boolean> {
    const before = this.#reading;
    if (before !== null) return flushed.then(() => before);
    return this.#reading = flushed.then(() => {
      this.#reading = null;
      if (this.#ended) return false; // discarded meanwhile
      return this.#reading = this.#read(this.#source!, wanted);
    }, (error) => {
      this.#reading = null;
      throw error;
    });
  }

  /** Whether a read is in flight. */
  get isAwaitingMore(): boolean {
    return this.#reading !== null && !this.#hasFailed;
  }

  /**
   * Says that the caller of fill() has given up. The next one is told what the
   * read in flight brings: also of a failure, which the system tells only once.
   */
  giveUp(): void {
    this.#isAwaited = false;
  }

  /** Not async: that would hold 0.25 KB more for each quiet client. */
  #read(source: ByteSource, wanted: number): Promise<boolean> {
    const size = this.#bufferSize === -1
      ? this.readSize.next
      : this.#bufferSize || Math.min(wanted, LARGEST_READ);
    return readInto(this.awaitMore(size), source).then(
      (count) => this.#took(count, size),
      (error) => this.#failed(error),
    );
  }

  #took(count: number | null, size: number): boolean {
    this.#reading = null;
    if (count === null) return this.#noteEnd();
    if (count >>> 0 !== count || count > size) {
      throw this.trace(wrongReadCount(count));
    }
    if (this.#ended) return false; // discarded meanwhile
    this.moreCame(count);
    if (this.#skipping !== null) this.#skipOn(this.#skipping);
    this.readSize.learn(count, size);
    return true;
  }

  #failed(error: unknown): false {
    if (isCutOff(error)) return this.#noteEnd();
    this.#hasFailed = true;
    this.moreCame(0);
    noteOrigin(error, this.#source!);
    throw error;
  }

  #noteEnd(): false {
    this.moreCame(0);
    this.#ended = true;
    return false;
  }

  /** Marks an error as one that the source's bytes, or their end, have caused. */
  trace<E extends Error>(error: E): E {
    if (this.#source !== null) noteOrigin(error, this.#source);
    return error;
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
