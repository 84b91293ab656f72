import { isKnownRelease } from "../known_release.ts";

const SMALLEST_SIZE = 2 ** 16;

/**
 * Memory that can be made to vanish while the system reads it, as it can be given
 * another size. A Deno that looks at it itself would not survive that.
 */
export class VanishingMemory {
  #buffer = newBuffer(SMALLEST_SIZE);

  /** Copies data into it. */
  copyOf(data: Uint8Array): Uint8Array {
    const { length } = data;
    if (this.#buffer.byteLength < length) this.#buffer = newBuffer(length);
    const copy = new Uint8Array(this.#buffer, 0, length);
    copy.set(data);
    return copy;
  }

  /** Makes it vanish, with the copy in it. */
  vanish(): void {
    if (this.#buffer.resizable) this.#buffer.resize(0);
  }

  /** Has it back, if it has vanished. */
  restore(): void {
    if (this.#buffer.byteLength > 0) return;
    this.#buffer.resize(this.#buffer.maxByteLength);
  }
}

function newBuffer(size: number): ArrayBuffer {
  return isKnownRelease()
    ? new ArrayBuffer(size, { maxByteLength: size })
    : new ArrayBuffer(size);
}
