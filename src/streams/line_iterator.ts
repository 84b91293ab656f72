import type { InputSource } from "./input_source.ts";
import { type InputStream, readLineFrom } from "./line_reader.ts";

/** A stream of lines. */
interface LineStream extends InputStream {
  readonly maxLineLength: number;
}

/** Iterates over lines. Not a generator: those take three more promises a line. */
export class LineIterator implements AsyncIterableIterator<string> {
  readonly #stream: LineStream;
  readonly #source: InputSource;

  /**
   * Creates an instance.
   *
   * @param source The source of the stream.
   */
  constructor(stream: LineStream, source: InputSource) {
    this.#stream = stream;
    this.#source = source;
  }

  /** Reads the next line. */
  next(): Promise<IteratorResult<string>> {
    const { maxLineLength } = this.#stream;
    return readLineFrom(
      this.#stream,
      this.#source,
      maxLineLength,
      toIteratorResult,
    );
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What an iterator says of a line, or of the end. */
function toIteratorResult(line: string | null): IteratorResult<string> {
  return line === null
    ? { done: true, value: undefined }
    : { done: false, value: line };
}
