import { concat } from "@std/bytes/concat";

/**
 * Looks for the end of what is to be skipped, in pieces as they come.
 *
 * The pieces are not kept: only the last bytes, as they may be the beginning of
 * the delimiter.
 */
export class DelimiterSkip {
  readonly #delimiter: Uint8Array;
  #tail: Uint8Array = new Uint8Array(0);

  constructor(delimiter: Uint8Array) {
    this.#delimiter = delimiter;
  }

  /**
   * Looks at the next piece.
   *
   * @returns How many bytes of it belong to what is skipped, if it ends there,
   * or -1.
   */
  endIn(piece: Uint8Array): number {
    const tail = this.#tail;
    const bytes = tail.length === 0 ? piece : concat([tail, piece]);
    const at = indexOfBytes(bytes, this.#delimiter, 0);
    if (at !== -1) return at + this.#delimiter.length - tail.length;
    const overlap = this.#delimiter.length - 1;
    this.#tail = bytes.slice(Math.max(0, bytes.length - overlap));
    return -1;
  }
}

/** Where some bytes occur among others, from a place on, or -1. */
export function indexOfBytes(
  bytes: Uint8Array,
  wanted: Uint8Array,
  from: number,
): number {
  const first = wanted[0]!;
  for (let at = from;; at++) {
    at = bytes.indexOf(first, at);
    if (at === -1 || wanted.every((byte, i) => bytes[at + i] === byte)) {
      return at;
    }
  }
}
