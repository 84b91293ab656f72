/** Somebody who waits for bytes. */
interface Reader extends PromiseWithResolvers<number | null> {
  readonly buffer: Uint8Array;
}

/** What has been decrypted and nobody has read, or those who wait for it. */
export class DecryptedInput {
  readonly #readers: Reader[] = [];
  readonly #chunks: Uint8Array[] = [];
  #ended = false;

  /** Whether somebody waits for bytes. */
  get isAwaited(): boolean {
    return this.#readers.length > 0;
  }

  /** Whether a read need not wait. */
  get isReady(): boolean {
    return this.#chunks.length > 0 || this.#ended;
  }

  /** Whether all has come, as TLS tells it. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Reads into `buffer`; resolves to the bytes read, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#chunks.length > 0) return Promise.resolve(this.#copyTo(buffer));
    if (this.#ended) return Promise.resolve(null);
    const reader = { buffer, ...Promise.withResolvers<number | null>() };
    this.#readers.push(reader);
    return reader.promise;
  }

  /** Adds what has come. */
  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    while (this.#chunks.length > 0 && this.#readers.length > 0) {
      const { buffer, resolve } = this.#readers.shift()!;
      resolve(this.#copyTo(buffer));
    }
  }

  /** Says that no more will come. */
  end(): void {
    this.#ended = true;
    for (const { resolve } of this.#readers.splice(0)) resolve(null);
  }

  /** Tells those who wait that they do so in vain. */
  refuse(error: unknown): void {
    for (const { reject } of this.#readers.splice(0)) reject(error);
  }

  #copyTo(buffer: Uint8Array): number {
    const chunk = this.#chunks[0]!;
    const count = Math.min(chunk.length, buffer.length);
    buffer.set(count === chunk.length ? chunk : chunk.subarray(0, count));
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    return count;
  }
}
