import type { InputSource } from "./input_source.ts";
import { type InputStream, readLineFrom } from "./line_reader.ts";
import type { ReadLimits } from "./read_options.ts";

/** A stream of lines. */
interface LineStream extends InputStream {
  readonly maxLineLength: number;
}

/** Iterates over lines. Not a generator: those take three more promises a line. */
export class LineIterator implements AsyncIterableIterator<string> {
  readonly #stream: LineStream;
  readonly #source: InputSource;
  readonly #limits: ReadLimits;

  /**
   * Creates an instance.
   *
   * @param source The source of the stream.
   * @param limits Those of each line. A signal makes all later ones reject, too.
   */
  constructor(
    stream: LineStream,
    source: InputSource,
    limits: ReadLimits,
  ) {
    this.#stream = stream;
    this.#source = source;
    this.#limits = limits;
  }

  /** Reads the next line. */
  next(): Promise<IteratorResult<string>> {
    const { maxLineLength } = this.#stream;
    return readLineFrom(
      this.#stream,
      this.#source,
      maxLineLength,
      toIteratorResult,
      this.#limits,
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
