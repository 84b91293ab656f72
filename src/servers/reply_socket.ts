import type { DatagramSocket } from "../types.ts";
import { EmptyReplies } from "./empty_replies.ts";
import { VanishingMemory } from "./vanishing_memory.ts";

/** What a reply socket needs of the platform's. */
export type SendingSocket = Pick<DatagramSocket, "send"> & { close(): void };

/**
 * How long a send may take before it is taken back, in milliseconds; at most
 * twice as long.
 */
const PATIENCE_MS = 2;
/**
 * How often a send that has been taken back is looked at until it has said so.
 * One that sleeps in the system does not hear of it. They are turns of the event
 * loop, as one that has left is to be heard of however busy the processor is.
 */
const MOST_LOOKS = 25;
/**
 * How much the system may hold of a socket that is renewed, in bytes: a quarter
 * of what Linux lets it hold by default. With more, a send sleeps in the system,
 * and cannot be taken back until clients have read.
 */
const MOST_HELD = 212_992 / 4;
/** What the system adds to a datagram that it holds, in bytes. */
const HELD_BESIDE = 768;
/**
 * How long a socket that got stuck is left alone when it has come free, in
 * milliseconds. It costs everybody some 50 to find that out, and clients that
 * read now and then could have it so again and again.
 */
const RECOVERY_MS = 1000;

/**
 * A socket that only sends: one datagram at a time, and it can take back what
 * the receiver has no room for.
 *
 * Deno cannot. A Unix datagram whose receiver reads nothing stays in `send()`
 * for as long as that lives, holds the socket, even a closed one, and keeps a
 * processor busy, as it is tried over and over. But it is read from the caller's
 * memory each time. So it lies in memory that can be made to vanish: then the
 * system says EFAULT, and the datagram has not been sent.
 *
 * The system tries again only a socket of which it holds little. So a socket is
 * renewed before it holds more; what a closed socket has sent is still there
 * for its receivers. One that is not renewed may get stuck: see `isStuck`.
 *
 * An empty datagram has no memory that could vanish. So it counts as sent, and
 * has the socket; of few clients, and one of each.
 */
export class ReplySocket {
  readonly #open: () => SendingSocket;
  readonly #renews: boolean;
  /** Who has an empty reply that the system holds. */
  readonly #empty: EmptyReplies;
  #socket: SendingSocket | null;
  #memory = new VanishingMemory();
  /** Whom an offer under way is for, if it is empty. */
  #emptyFor: string | null = null;
  /** What the system may hold of this socket, in bytes. */
  #held = 0;
  /** What an offer under way will be answered. */
  #answer: PromiseWithResolvers<boolean> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What was under way at the last look, and how often it was looked at. */
  #seen: PromiseWithResolvers<boolean> | null = null;
  #looks = 0;
  #isStuck = false;
  #closed = false;

  /**
   * Creates an instance.
   *
   * @param open Makes a socket, when one is needed.
   * @param empty Where empty replies are noted: for all sockets of a server.
   * @param given The one to use, and no other, if it is not to be renewed.
   */
  constructor(
    open: () => SendingSocket,
    empty: EmptyReplies = new EmptyReplies(),
    given: SendingSocket | null = null,
  ) {
    this.#open = open;
    this.#empty = empty;
    this.#socket = given;
    this.#renews = given === null;
  }

  /**
   * Whether a send still holds the socket, of which there is no other, or did a
   * moment ago.
   */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /**
   * Offers a datagram to its receiver. Not to be called while another offer is
   * under way, or when the socket is stuck.
   *
   * @returns Whether it has been sent; if not, the receiver has no room.
   * @throws {Error} What the platform throws.
   */
  offer(data: Uint8Array, address: Deno.UnixAddr): Promise<boolean> {
    const answer = Promise.withResolvers<boolean>();
    const isEmpty = data.length === 0;
    if (isEmpty && !this.#empty.mayHold(address.path)) {
      return Promise.resolve(false);
    }
    this.#emptyFor = isEmpty ? address.path : null;
    let sending: Promise<number>;
    try {
      const socket = this.#socketFor(HELD_BESIDE + 2 * data.length);
      sending = socket.send(this.#memory.copyOf(data), address);
    } catch (error) {
      answer.reject(error);
      return answer.promise;
    }
    this.#answer = answer;
    if (this.#timer === undefined) this.#lookLater();
    sending.then(() => {
      if (isEmpty) this.#empty.delete(address.path);
      this.#settle(answer);
      answer.resolve(true);
    }, (error) => {
      if (isEmpty) this.#empty.delete(address.path);
      this.#settle(answer);
      if (isNoRoom(error)) answer.resolve(false);
      else answer.reject(error);
    });
    return answer.promise;
  }

  /** Closes the platform's socket until it is needed again. */
  rest(): void {
    if (this.#answer !== null) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#socket?.close();
    this.#socket = null;
  }

  /** Closes it; an offer under way is taken back. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#memory.vanish();
    this.#socket?.close();
    this.#socket = null;
    this.#answer?.resolve(false);
  }

  /** The socket, or a new one if the system would hold too much of it. */
  #socketFor(size: number): SendingSocket {
    const isFull = this.#held + size > MOST_HELD && this.#held > 0;
    if (this.#socket === null || (isFull && this.#renews)) {
      const socket = this.#open();
      this.#socket?.close();
      this.#socket = socket;
      this.#held = 0;
    }
    this.#held += size;
    return this.#socket;
  }

  /** Looks from time to time whether an offer lasts too long. */
  readonly #look = (): void => {
    this.#timer = undefined;
    const answer = this.#answer;
    if (answer === null) return;
    if (answer !== this.#seen) {
      this.#seen = answer;
      this.#looks = 0;
    } else if (this.#emptyFor !== null) {
      this.#empty.add(this.#emptyFor);
      this.#leave();
      return answer.resolve(true);
    } else if (this.#looks++ === 0) {
      this.#memory.vanish();
    } else if (this.#looks > MOST_LOOKS) {
      this.#leave();
      return answer.resolve(false);
    }
    this.#lookLater();
  };

  #lookLater(): void {
    this.#timer = setTimeout(this.#look, PATIENCE_MS);
  }

  /** Leaves the socket to the send that holds it: a new one, if it may. */
  #leave(): void {
    this.#isStuck = !this.#renews;
    if (this.#isStuck) return;
    this.#socket?.close();
    this.#socket = null;
    this.#answer = null;
    this.#memory = new VanishingMemory();
  }

  #settle(answer: PromiseWithResolvers<boolean>): void {
    if (this.#closed || this.#answer !== answer) return;
    this.#answer = null;
    this.#memory.restore();
    if (this.#isStuck) this.#recoverLater();
  }

  #recoverLater(): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#isStuck = false;
    }, RECOVERY_MS);
    Deno.unrefTimer(this.#timer);
  }
}

/** Linux has a send wait; other systems say at once that there is no room. */
function isNoRoom(error: { code?: unknown }): boolean {
  return error.code === "EFAULT" || error.code === "ENOBUFS";
}
