/** Iterates over lines. Not a generator: those take three more promises a line. */
export class LineIterator implements AsyncIterableIterator<string> {
  /** Reads the next line. */
  readonly next: () => Promise<IteratorResult<string>>;

  constructor(next: () => Promise<IteratorResult<string>>) {
    this.next = next;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

/** What an iterator says of a line, or of the end. */
export function toIteratorResult(line: string | null): IteratorResult<string> {
  return line === null
    ? { done: true, value: undefined }
    : { done: false, value: line };
}
