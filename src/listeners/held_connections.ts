import { closeQuietly } from "../streams/close_quietly.ts";
import { Condition } from "../streams/condition.ts";

/** How many are held at most, also where no limit of the server is nearer. */
const MOST_HELD = 16_384;

/** Counts a connection that cannot be got rid of; returns what ends that. */
export type CountHeld = (clientAddress: Deno.Addr) => () => void;

/**
 * Connections that have been given up while the platform was at work on them. It
 * would not let go of one that is closed: so they stay open until that work ends,
 * by their clients' going or speaking, and are counted until then.
 */
export class HeldConnections {
  readonly #count: CountHeld;
  /** What ends the counting of each. */
  readonly #counted = new Map<Deno.Conn, () => void>();
  readonly #shrunk = new Condition();

  constructor(count: CountHeld) {
    this.#count = count;
  }

  /** Resolves when there is room for a further one. */
  async room(): Promise<void> {
    while (this.#counted.size >= MOST_HELD) await this.#shrunk.wait();
  }

  /** Holds a connection. */
  add(connection: Deno.Conn): void {
    this.#counted.set(connection, this.#count(connection.remoteAddr));
  }

  /** Closes a connection, if it is held: the platform has let go of it. */
  end(connection: Deno.Conn): void {
    const uncount = this.#counted.get(connection);
    if (uncount === undefined) return;
    this.#counted.delete(connection);
    closeQuietly(connection);
    uncount();
    this.#shrunk.notify();
  }

  /** Closes all: the platform lets go of them when it can. */
  close(): void {
    for (const connection of [...this.#counted.keys()]) this.end(connection);
  }
}
