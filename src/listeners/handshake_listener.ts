import { closeQuietly } from "../streams/close_quietly.ts";
import { isExhaustion } from "../streams/exhaustion.ts";
import { socketsAsked } from "../streams/sockets_asked.ts";
import { accepted } from "./accepted.ts";
import { type AskedConnection, AskedConnections } from "./asked_connections.ts";
import type { GivenUp, Handshake } from "./handshake.ts";
import { type CountHeld, HeldConnections } from "./held_connections.ts";
import type { ReleasedListener } from "./released_listener.ts";

/** How many connections are asked at once; each holds a descriptor. */
const MOST_ASKED = 512;
/** How many of them are not to blame where no descriptor is left. */
const FEW_ASKED = 32;

/** What else a listener of handshakes may be given. */
export interface HandshakeListenerOptions {
  /**
   * How many connections are asked at once.
   *
   * @default {512}
   */
  readonly mostAsked?: number;
  /**
   * Where the platform does not let go of a connection that is given up: counts
   * one that it holds.
   *
   * @default {undefined} Whoever is given up is closed, and gone.
   */
  readonly countHeld?: CountHeld;
}

/**
 * A listener around a listener, which gives only connections whose handshake is
 * over.
 *
 * Many are asked at once, and whoever is ready is given first: a client that says
 * nothing keeps nobody waiting. While nobody accepts, further clients wait in the
 * system's queue. A client that fails makes `accept()` reject, once for all that
 * fail while nobody accepts.
 */
export class HandshakeListener implements Deno.Listener {
  readonly #listener: ReleasedListener;
  readonly #handshake: Handshake;
  readonly #mostAsked: number;
  readonly #asked: AskedConnections;
  /** Those that have been given up and cannot be closed. */
  readonly #held: HeldConnections | null;
  /** Those that nobody has accepted yet. */
  readonly #ready: Deno.Conn[] = [];
  #failure: { readonly error: unknown } | null = null;
  #waiter: PromiseWithResolvers<Deno.Conn> | null = null;
  /** Clients are let in as long as somebody accepts, and one more. */
  #letting: Promise<void> | null = null;
  #closed = false;

  constructor(
    listener: ReleasedListener,
    handshake: Handshake,
    { mostAsked = MOST_ASKED, countHeld }: HandshakeListenerOptions = {},
  ) {
    this.#listener = listener;
    this.#handshake = handshake;
    this.#mostAsked = mostAsked;
    this.#asked = new AskedConnections(
      handshake.limit,
      (asked) => this.#giveUp(asked, "late"),
    );
    this.#held = countHeld === undefined
      ? null
      : new HeldConnections(countHeld);
  }

  get addr(): Deno.Addr {
    return this.#listener.addr;
  }

  /** Settles when a closed listener has let go of its address. */
  get released(): Promise<void> {
    return this.#release();
  }

  accept(): Promise<Deno.Conn> {
    if (this.#waiter !== null) {
      const message = "Cannot accept as another accept() is waiting";
      return Promise.reject(new Deno.errors.Busy(message));
    }
    const { promise } = this.#waiter = Promise.withResolvers<Deno.Conn>();
    this.#serveWaiter();
    if (this.#waiter !== null) this.#letting ??= this.#letIn();
    return promise;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Deno.Conn> {
    return accepted(this);
  }

  /** Closes the listener, and all connections that nobody has accepted. */
  close(): void {
    this.#closed = true;
    this.#asked.close();
    this.#held?.close();
    for (const connection of this.#ready.splice(0)) closeQuietly(connection);
    this.#listener.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  ref(): void {
    this.#listener.ref();
    this.#asked.hold(true);
  }

  unref(): void {
    this.#listener.unref();
    this.#asked.hold(false);
  }

  async #release(): Promise<void> {
    await this.#letting;
    await this.#listener.released; // it may let one in whom nobody waits for here
  }

  async #letIn(): Promise<void> {
    while (this.#waiter !== null) {
      try {
        await this.#held?.room();
        const connection = await this.#listener.accept();
        if (this.#closed) closeQuietly(connection);
        else this.#ask(connection);
        if (this.#asked.size > this.#mostAsked) await this.#makeRoom();
      } catch (error) {
        if (hasGone(error)) continue;
        const helps = this.#held === null && this.#asked.size > FEW_ASKED;
        if (helps && isExhaustion(error)) await this.#makeRoom(FEW_ASKED);
        else this.#fail(error);
      }
    }
    this.#letting = null;
  }

  #ask(connection: Deno.Conn): void {
    const asked = this.#asked.add(connection);
    this.#handshake.ask(connection).then(
      (connection) => this.#end(asked, connection),
      (error) => this.#end(asked, null, error),
    );
  }

  async #makeRoom(most = this.#mostAsked): Promise<void> {
    // A client that has spoken is not to suffer from what this loop has not read.
    await socketsAsked();
    if (this.#asked.size <= most) return;
    this.#giveUp(this.#asked.findDispensable()!, "displaced");
  }

  #end(asked: AskedConnection, ready: Deno.Conn | null, error?: unknown): void {
    if (!this.#asked.remove(asked)) return this.#held?.end(asked.connection);
    if (ready !== null) {
      this.#ready.push(ready);
      return this.#serveWaiter();
    }
    closeQuietly(asked.connection); // whoever made the listener may have done so
    if (error !== undefined) this.#fail(error);
  }

  #giveUp(asked: AskedConnection, reason: GivenUp): void {
    const error = this.#handshake.failure(asked.connection, reason);
    if (this.#held === null) return this.#end(asked, null, error);
    this.#asked.remove(asked);
    this.#held.add(asked.connection);
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#failure = { error };
    this.#serveWaiter();
  }

  #serveWaiter(): void {
    const waiter = this.#waiter;
    if (waiter === null) return;
    const connection = this.#ready.shift();
    if (connection !== undefined) {
      this.#waiter = null;
      waiter.resolve(connection);
    } else if (this.#failure !== null) {
      const { error } = this.#failure;
      this.#waiter = this.#failure = null;
      waiter.reject(error);
    }
  }
}

/** Whether a client has gone before it could be let in: it has said nothing. */
function hasGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionAborted;
}
