import { Condition } from "../streams/condition.ts";

/** How many are held at most, also where no limit of the server is nearer. */
const MOST_HELD = 16_384;

/** Counts the connections that a listener cannot get rid of. */
export interface HeldPlaces {
  /** Takes a place for a client's connection; returns what gives it back. */
  take(clientAddress: Deno.Addr): () => void;
  /**
   * Whether there is one more.
   *
   * @returns `null` if there is, or else a promise for when to ask again.
   */
  whenFree(): Promise<void> | null;
}

/**
 * Connections that have been given up while the platform was at work on them. It
 * would not let go of one that is closed: so they stay open until that work ends,
 * by their clients' going or speaking, and are counted until then.
 */
export class HeldConnections {
  readonly #places: HeldPlaces;
  readonly #giveBack = new Map<Deno.Conn, () => void>();
  readonly #shrunk = new Condition();

  constructor(places: HeldPlaces) {
    this.#places = places;
  }

  /** Resolves when there is room for a further one. */
  async room(): Promise<void> {
    while (this.#giveBack.size > 0) {
      const full = this.#giveBack.size < MOST_HELD
        ? this.#places.whenFree()
        : this.#shrunk.wait();
      if (full === null) return;
      await full;
    }
  }

  /** Holds a connection. */
  add(connection: Deno.Conn): void {
    const giveBack = this.#places.take(connection.remoteAddr);
    this.#giveBack.set(connection, giveBack);
  }

  /** Closes a connection, if it is held: the platform has let go of it. */
  end(connection: Deno.Conn): void {
    const giveBack = this.#giveBack.get(connection);
    if (giveBack === undefined) return;
    this.#giveBack.delete(connection);
    connection.close();
    giveBack();
    this.#shrunk.notify();
  }

  /** Closes all: the platform lets go of them when it can. */
  close(): void {
    for (const connection of [...this.#giveBack.keys()]) this.end(connection);
  }
}
