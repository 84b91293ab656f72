/**
 * What a batch of a child's frames begins with.
 *
 * It is all of batches that a child needs: {@linkcode MarkedBatches} reads them.
 *
 * @module
 */

/** How long a mark is, in bytes. */
export const MARK_SIZE = 16;
/** How many bytes there must be before a batch: the mark, and its length. */
export const HEAD_SIZE = MARK_SIZE + 4;

/** Makes a mark that nothing else will print. */
export function createMark(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(MARK_SIZE));
}

/** Marks a batch, whose first {@linkcode HEAD_SIZE} bytes are free for that. */
export function writeHead(
  batch: Uint8Array<ArrayBuffer>,
  mark: Uint8Array,
): void {
  const view = new DataView(batch.buffer, batch.byteOffset, HEAD_SIZE);
  batch.set(mark);
  view.setUint32(MARK_SIZE, batch.length - HEAD_SIZE);
}
