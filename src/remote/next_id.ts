/** The largest number that a frame has room for. */
const LARGEST_ID = 0xffff_ffff;

/**
 * The number of a new request: the one after the last, or the next that is
 * free. `0` is no request's.
 */
export function nextId(last: number, isOpen: (id: number) => boolean): number {
  let id = last;
  do id = id % LARGEST_ID + 1; while (isOpen(id));
  return id;
}
