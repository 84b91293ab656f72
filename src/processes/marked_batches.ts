import { concat } from "@std/bytes/concat";
import { indexOfNeedle } from "@std/bytes/index-of-needle";
import { startsWith } from "@std/bytes/starts-with";
import { HEAD_SIZE, MARK_SIZE } from "./batch_head.ts";

/** No sender makes larger ones, and a wrong length must be noticed soon. */
const MAX_BATCH = 64 * 1024 * 1024;

/** Takes what a {@linkcode MarkedBatches} has told apart. */
export interface MarkedBatchesListener {
  /** Takes a part of a batch. */
  onBatch(bytes: Uint8Array<ArrayBuffer>): void;
  /** Takes what was printed between batches. */
  onPrinted(bytes: Uint8Array<ArrayBuffer>): void;
}

/**
 * Tells batches of frames from whatever else a program prints.
 *
 * A child process has one standard output, for the frames and for all that
 * its handler, and the handler's libraries and Workers, may print there.
 */
export class MarkedBatches {
  readonly #mark: Uint8Array;
  readonly #listener: MarkedBatchesListener;
  /** What may be the beginning of a batch. */
  #rest = new Uint8Array(0);
  /** How many bytes are still to come of the batch that has begun. */
  #open = 0;

  constructor(mark: Uint8Array, listener: MarkedBatchesListener) {
    this.#mark = mark;
    this.#listener = listener;
  }

  /** Takes the next bytes of the output. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    let input = this.#rest.length === 0 ? bytes : concat([this.#rest, bytes]);
    while (input.length > 0) {
      if (this.#open > 0) {
        const part = input.subarray(0, this.#open);
        this.#open -= part.length;
        input = input.subarray(part.length);
        this.#listener.onBatch(part);
        continue;
      }
      const at = this.#findMark(input);
      if (at > 0) this.#listener.onPrinted(input.subarray(0, at));
      input = input.subarray(at);
      if (input.length < HEAD_SIZE) break;
      const view = new DataView(input.buffer, input.byteOffset, HEAD_SIZE);
      this.#open = Math.min(view.getUint32(MARK_SIZE), MAX_BATCH);
      input = input.subarray(HEAD_SIZE);
      // One without frames, which nobody sends, must not go uncounted.
      if (this.#open === 0) this.#listener.onBatch(input.subarray(0, 0));
    }
    this.#rest = input;
  }

  /** Where the mark begins, or may begin; or the end. */
  #findMark(input: Uint8Array): number {
    const found = indexOfNeedle(input, this.#mark);
    if (found !== -1) return found;
    let at = Math.max(0, input.length - MARK_SIZE + 1);
    while (!startsWith(this.#mark, input.subarray(at))) at++;
    return at;
  }
}
