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
  readonly #signal: AbortSignal | undefined;

  /**
   * Creates an instance.
   *
   * @param source The source of the stream.
   * @param signal Makes a line that is waited for reject, and all later ones.
   */
  constructor(
    stream: LineStream,
    source: InputSource,
    signal: AbortSignal | undefined,
  ) {
    this.#stream = stream;
    this.#source = source;
    this.#signal = signal;
  }

  /** Reads the next line. */
  next(): Promise<IteratorResult<string>> {
    const { maxLineLength } = this.#stream;
    return readLineFrom(
      this.#stream,
      this.#source,
      maxLineLength,
      toIteratorResult,
      this.#signal,
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
