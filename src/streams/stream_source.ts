import { brokenRule } from "../broken_rule.ts";
import type { ByteSource } from "../types.ts";

const NOTHING = new Uint8Array(0);

/** Whether a value is a web stream to read from, whoever made its class. */
export function isReadable(value: unknown): value is ReadableStream {
  return typeof Object(value).getReader === "function";
}

/** Reads from a web stream as from a connection. */
export class StreamSource implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<unknown>;
  /** What has come and did not fit. */
  #left = NOTHING;

  /**
   * Creates an instance, which has the stream for itself.
   *
   * @throws {TypeError} If the stream is locked.
   */
  constructor(stream: ReadableStream<unknown>) {
    this.#reader = stream.getReader();
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    while (this.#left.length === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return null;
      this.#left = await this.#bytesOf(value);
    }
    const given = this.#left.subarray(0, buffer.length);
    buffer.set(given);
    this.#left = this.#left.subarray(given.length);
    return given.length;
  }

  /** Tells the stream that nobody wants its bytes any more. */
  cancel(reason: unknown): Promise<void> {
    this.#left = NOTHING;
    return this.#reader.cancel(reason);
  }

  async #bytesOf(chunk: unknown): Promise<Uint8Array<ArrayBuffer>> {
    if (chunk instanceof Uint8Array) return chunk as Uint8Array<ArrayBuffer>;
    const error = new TypeError(
      brokenRule("read", "the stream's chunks must be Uint8Arrays", chunk),
    );
    await this.#reader.cancel(error).catch(() => {}); // the cause counts
    throw error;
  }
}
