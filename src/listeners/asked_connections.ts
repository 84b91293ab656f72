import { closeQuietly } from "../streams/close_quietly.ts";
import { type Linked, LinkedList } from "../streams/linked_list.ts";
import { socketsAsked } from "../streams/sockets_asked.ts";
import { clientKey } from "./client_key.ts";

/** A connection that is being asked. */
export interface AskedConnection extends Linked<AskedConnection> {
  readonly connection: Deno.Conn;
  /** Names its client, once that has been asked for. */
  client: string | null;
  /** When it is given up, by the clock of `performance.now()`. */
  moment: number;
  /** Whether it is one no more. */
  over: boolean;
}

/**
 * The connections that are being asked, in the order of their coming; those that
 * are late are given up.
 */
export class AskedConnections {
  readonly #limit: number | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #giveUp: (asked: AskedConnection) => void;
  readonly #list = new LinkedList<AskedConnection>();
  #size = 0;
  #held = true;

  /**
   * Creates an instance.
   *
   * @param limit How long each may be asked, in milliseconds; `null` for ever.
   * @param giveUp Called with each that has been asked for so long.
   */
  constructor(limit: number | null, giveUp: (asked: AskedConnection) => void) {
    this.#limit = limit;
    this.#giveUp = giveUp;
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a connection. */
  add(connection: Deno.Conn): AskedConnection {
    const asked: AskedConnection = {
      connection,
      client: null,
      moment: 0,
      over: false,
      previous: null,
      next: null,
    };
    this.#list.append(asked);
    this.#size++;
    if (!this.#held) connection.unref();
    this.#limitTime(asked);
    return asked;
  }

  /** Removes one, if it is here; tells whether it was. */
  remove(asked: AskedConnection): boolean {
    if (asked.over) return false;
    asked.over = true;
    this.#list.remove(asked);
    this.#size--;
    if (!this.#held) asked.connection.ref();
    return true;
  }

  /**
   * Finds the one that has to give its place to another: the oldest of the client
   * that has most.
   */
  findDispensable(): AskedConnection | null {
    const counts = new Map<string, number>();
    let busiest = "";
    let most = 0;
    for (const asked of this.#list) {
      asked.client ??= clientKey(asked.connection.remoteAddr);
      const count = (counts.get(asked.client) ?? 0) + 1;
      counts.set(asked.client, count);
      if (count > most) [busiest, most] = [asked.client, count];
    }
    for (const asked of this.#list) {
      if (asked.client === busiest) return asked;
    }
    return null;
  }

  /** Says whether they, and the timer, keep the program alive. */
  hold(program: boolean): void {
    if (program === this.#held) return;
    this.#held = program;
    for (const { connection } of this.#list) {
      if (program) connection.ref();
      else connection.unref();
    }
    if (program) this.#timer?.ref();
    else this.#timer?.unref();
  }

  /** Removes and closes all. */
  close(): void {
    clearTimeout(this.#timer);
    for (let asked; (asked = this.#list.first) !== null;) {
      this.remove(asked);
      closeQuietly(asked.connection);
    }
  }

  /**
   * The timer goes on when there is none to be given up: one for each connection
   * would cost a tenth of what that takes.
   */
  #limitTime(asked: AskedConnection): void {
    if (this.#limit === null) return;
    asked.moment = performance.now() + this.#limit;
    this.#timer ??= this.#passIn(this.#limit);
  }

  #passIn(delay: number): ReturnType<typeof setTimeout> {
    const timer = setTimeout(this.#pass, delay);
    if (!this.#held) timer.unref();
    return timer;
  }

  readonly #pass = async (): Promise<void> => {
    // Where the program itself was late, they may have spoken in time.
    if (this.#list.first !== null) await socketsAsked();
    this.#timer = undefined;
    const now = performance.now();
    for (let first; (first = this.#list.first) !== null;) {
      const left = first.moment - now;
      if (left > 0) {
        this.#timer = this.#passIn(Math.ceil(left));
        return;
      }
      this.#giveUp(first);
    }
  };
}
