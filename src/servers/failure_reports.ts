/** How long a further failure of the same kind is not reported, in milliseconds. */
const PAUSE_MS = 1000;
/** How many failures in one turn of the event loop are a flood. */
const FLOOD = 100;
/** How many kinds are remembered: their names may be a client's doing. */
const MOST_KINDS = 100;

/**
 * Says which failures to get a request are worth a report: one client can cause
 * any of them a thousand times a second.
 */
export class FailureReports {
  readonly #lastTimes = new Map<string, number>();
  #inThisTurn = 0;
  #turn: ReturnType<typeof setTimeout> | undefined;

  /** Whether the last failure of this kind is long enough ago. */
  isDue(error: unknown): boolean {
    const kind = kindOf(error);
    const now = performance.now();
    const last = this.#lastTimes.get(kind);
    if (last !== undefined && now - last < PAUSE_MS) return false;
    if (this.#lastTimes.size >= MOST_KINDS) this.#lastTimes.clear();
    this.#lastTimes.set(kind, now);
    return true;
  }

  /**
   * Counts a failure; tells whether there have been so many that the event loop
   * has come to nothing else.
   */
  isFlood(): boolean {
    this.#turn ??= setTimeout(() => this.endTurn(), 0);
    return ++this.#inThisTurn >= FLOOD;
  }

  /** Counts anew. */
  endTurn(): void {
    clearTimeout(this.#turn);
    this.#turn = undefined;
    this.#inThisTurn = 0;
  }
}

/** The class and the code of an error: its text may differ each time. */
function kindOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return typeof error;
    return `${error.name} ${(error as { code?: unknown }).code}`;
  } catch {
    return "unreadable"; // even to look at it may throw
  }
}
