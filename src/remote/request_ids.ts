/** The largest ID that a frame has room for. */
const LARGEST_ID = 0xffff_ffff;

/** Gives requests their IDs. */
export class RequestIds {
  #last = 0;
  #largest = 0;

  /** The ID of a new request. */
  next(isOpen: (id: number) => boolean): number {
    this.#last = nextId(this.#last, isOpen);
    this.#largest = Math.max(this.#largest, this.#last);
    return this.#last;
  }

  /** Whether there is, or was, a request of an ID. */
  has(id: number): boolean {
    return id !== 0 && id <= this.#largest;
  }
}

/**
 * The ID of a new request: the one after the last, or the next that is free.
 * `0` is no request's.
 */
export function nextId(last: number, isOpen: (id: number) => boolean): number {
  let id = last;
  do id = id % LARGEST_ID + 1; while (isOpen(id));
  return id;
}
