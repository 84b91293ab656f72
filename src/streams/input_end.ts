/** The sources whose end has been read; they may be forgotten first. */
const ended = new WeakSet<object>();

/**
 * Notes that the end of a connection's input has been read.
 *
 * @param source The connection, or whatever else the bytes came from.
 */
export function noteInputEnd(source: object): void {
  ended.add(source);
}

/** Whether it is known that nothing more will come from a connection. */
export function hasInputEnded(source: object): boolean {
  return ended.has(source);
}
