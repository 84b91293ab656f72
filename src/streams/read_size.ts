/** The smallest read: it may wait long for a quiet client. In bytes. */
export const SMALLEST_READ = 512;
/** The largest read, for a client that sends much, in bytes. */
export const LARGEST_READ = 65_536;
/**
 * The largest read of an input that is piped, in bytes: a gigabyte takes 0.7 of
 * the time that it takes in reads of 64 KiB.
 */
export const LARGEST_PIPED_READ = 262_144;
/** The largest one when such an input has paused, in bytes. */
export const LARGEST_PAUSED_READ = 16_384;

/**
 * Learns from a read how large the next one should be.
 *
 * @param size How large it should have been.
 * @param room How large it was: smaller, if the input had paused.
 * @param count How many bytes had come.
 * @param largest The most.
 */
export function nextReadSize(
  size: number,
  room: number,
  count: number,
  largest: number,
): number {
  if (count === size) return Math.min(size * 4, largest);
  const isMuch = count === room || count * 4 >= size;
  return isMuch ? size : Math.max(size / 2, SMALLEST_READ);
}
