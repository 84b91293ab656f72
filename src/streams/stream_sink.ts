import type { ByteSink } from "../types.ts";

/** Whether a value is a web stream to write to, whoever made its class. */
export function isWritable(value: unknown): value is WritableStream {
  return typeof Object(value).getWriter === "function";
}

/** Writes to a web stream as to a connection. */
export class StreamSink implements ByteSink {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  /**
   * Creates an instance, which has the stream for itself.
   *
   * @throws {TypeError} If the stream is locked.
   */
  constructor(stream: WritableStream<Uint8Array>) {
    this.#writer = stream.getWriter();
  }

  async write(data: Uint8Array): Promise<number> {
    // A copy: a transform may keep it, and here the memory is used again.
    await this.#writer.write(new Uint8Array(data));
    return data.length;
  }

  closeWrite(): Promise<void> {
    return this.#writer.close();
  }

  /** Tells the stream that what it has got is not everything. */
  abort(reason: unknown): Promise<void> {
    return this.#writer.abort(reason);
  }
}
