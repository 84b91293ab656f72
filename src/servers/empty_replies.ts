/** How many clients may have one that the system holds. */
const MOST_HELD = 8;

/**
 * The clients of a server that have an empty reply which the system holds: it
 * can't be taken back, so that there are few, and one of each.
 */
export class EmptyReplies {
  readonly #paths = new Set<string>();

  /** Whether the system may hold one for the client at a path. */
  mayHold(path: string): boolean {
    return this.#paths.size < MOST_HELD && !this.#paths.has(path);
  }

  /** Notes that it holds one. */
  add(path: string): void {
    this.#paths.add(path);
  }

  /** Notes that it holds none any more. */
  delete(path: string): void {
    this.#paths.delete(path);
  }
}
