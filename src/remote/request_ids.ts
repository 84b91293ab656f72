import { RemoteProtocolError } from "../errors.ts";

/** The largest ID that a frame has room for. */
const LARGEST_ID = 0xffff_ffff;

/** Gives requests their IDs. */
export class RequestIds {
  #last = 0;
  #largest = 0;
  /** Those of requests that were given up, and go on on the far side. */
  readonly #held = new Set<number>();

  /** The ID of a new request. */
  next(isOpen: (id: number) => boolean): number {
    this.#last = nextId(
      this.#last,
      (id) => isOpen(id) || this.#held.has(id),
    );
    this.#largest = Math.max(this.#largest, this.#last);
    return this.#last;
  }

  /** Gives an ID to no new request, although the near side is done with it. */
  hold(id: number): void {
    this.#held.add(id);
  }

  /** The far side is done with it, too. */
  release(id: number): void {
    this.#held.delete(id);
  }

  /** Whether there is, or was, a request of an ID. */
  has(id: number): boolean {
    return id !== 0 && id <= this.#largest;
  }

  /** Refuses an ID that no request has had. */
  check(id: number): void {
    if (this.has(id)) return;
    throw new RemoteProtocolError(
      `Cannot take a frame as its ID must be that of a request: current value is ${id}`,
    );
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
