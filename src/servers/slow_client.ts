import { Condition } from "../streams/condition.ts";
import { isExhaustion } from "../streams/exhaustion.ts";

/** How many replies may wait for a client, and how many bytes. */
const MOST_REPLIES = 1024;
const MOST_BYTES = 2 ** 20;
/** How many bytes may wait for all clients of a server. */
const MOST_BYTES_IN_ALL = 2 ** 24;
/** How long a client may take none of them, in milliseconds. */
const LONGEST_WAIT_MS = 30_000;
/**
 * For how long a client counts as slow since it last had no room, in
 * milliseconds. To find that out anew costs everybody 2 to 4.
 */
const REMEMBERED_MS = 1000;
/** The shortest and the longest pause between two offers, in milliseconds. */
const PAUSES_MS = { first: 2, longest: 500 };

/** Offers a datagram; resolves to whether the client had room for it. */
export type OfferReply = (
  data: Uint8Array,
  address: Deno.UnixAddr,
) => Promise<boolean>;

/** What waits for all clients of a server. */
export interface WaitingInAll {
  bytes: number;
}

/**
 * A client that had no room for a reply: what it is sent waits here, in order,
 * for a bounded time, and is offered to it again and again.
 *
 * The system tells nobody when a client has read.
 */
export class SlowClient {
  readonly #address: Deno.UnixAddr;
  readonly #offer: OfferReply;
  readonly #inAll: WaitingInAll;
  readonly #rested = new Condition();
  #waiting: Uint8Array[] = [];
  #bytes = 0;
  /** Until when it must have taken the first of them. */
  #until = 0;
  #isServed = false;
  #isDeaf = false;
  /** Until when it is taken for slow, whatever it takes. */
  #slowUntil = performance.now() + REMEMBERED_MS;
  /** Until when anything may wait. */
  #end = Infinity;
  #pause = PAUSES_MS.first;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Creates an instance for the client at an address. */
  constructor(
    address: Deno.UnixAddr,
    offer: OfferReply,
    inAll: WaitingInAll = { bytes: 0 },
  ) {
    this.#address = address;
    this.#offer = offer;
    this.#inAll = inAll;
  }

  /** Whether what waits is being offered. */
  get isServed(): boolean {
    return this.#isServed;
  }

  /** Whether anything waits for it. */
  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  /** Whether what it is sent has to wait here. */
  get isSlow(): boolean {
    return this.isAwaited || this.#isDeaf ||
      performance.now() < this.#slowUntil;
  }

  /** Whether what waited was dropped, and it has taken nothing since. */
  get isDeaf(): boolean {
    return this.#isDeaf;
  }

  /**
   * Has a reply wait.
   *
   * @throws {Deno.errors.TimedOut} If the client has taken none for too long.
   * @throws {Deno.errors.WouldBlock} If too much waits for it already.
   */
  add(data: Uint8Array): void {
    const count = this.#waiting.length + 1;
    if (this.#isDeaf && count > 1) {
      throw new Deno.errors.TimedOut(
        `Cannot send a datagram as its receiver must take one within ${
          LONGEST_WAIT_MS / 1000
        } seconds: current value is none`,
      );
    }
    const { length } = data;
    check(count, MOST_REPLIES, "datagrams may wait for their receiver");
    const bytes = this.#bytes + length;
    check(bytes, MOST_BYTES, "bytes may wait for their receiver");
    const inAll = this.#inAll.bytes + length;
    check(inAll, MOST_BYTES_IN_ALL, "bytes may wait for all receivers");
    this.#inAll.bytes = inAll;
    if (count === 1) this.#until = performance.now() + LONGEST_WAIT_MS;
    this.#bytes = bytes;
    this.#waiting.push(data.slice());
  }

  /**
   * Offers what waits, until nothing does any more. Not to be called while it is
   * being offered: a reply would be sent twice.
   */
  async serve(): Promise<void> {
    this.#isServed = true;
    this.#pause = PAUSES_MS.first;
    while (this.#waiting.length > 0) {
      if (performance.now() >= Math.min(this.#until, this.#end)) {
        this.#drop();
      } else if (await this.#takes(this.#waiting[0]!)) {
        this.#pause = PAUSES_MS.first;
      } else {
        await this.#rest();
      }
    }
    this.#isServed = false;
  }

  /** Has it take what waits within a time, in milliseconds. */
  hurry(limit: number): void {
    this.#end = performance.now() + limit;
    this.#pause = PAUSES_MS.first;
    clearTimeout(this.#timer);
    this.#rested.notify();
  }

  /** Offers a reply; resolves to whether it is done with. */
  async #takes(reply: Uint8Array): Promise<boolean> {
    try {
      if (!await this.#offer(reply, this.#address)) {
        this.#slowUntil = performance.now() + REMEMBERED_MS;
        return false;
      }
    } catch (error) {
      if (isExhaustion(error)) return false;
      // It has gone. As in a network, nobody hears of what was under way.
      this.#slowUntil = 0;
    }
    this.#isDeaf = false; // it reads, or another one may have its path by now
    this.#waiting.shift();
    this.#noteLess(reply.length);
    this.#until = performance.now() + LONGEST_WAIT_MS;
    return true;
  }

  async #rest(): Promise<void> {
    const left = Math.max(0, this.#end - performance.now());
    const pause = Math.min(this.#pause, left);
    this.#pause = Math.min(2 * this.#pause, PAUSES_MS.longest);
    this.#timer = setTimeout(() => this.#rested.notify(), pause);
    await this.#rested.wait();
  }

  #drop(): void {
    this.#isDeaf = true;
    this.#waiting = [];
    this.#noteLess(this.#bytes);
  }

  #noteLess(bytes: number): void {
    this.#bytes -= bytes;
    this.#inAll.bytes -= bytes;
  }
}

function check(value: number, most: number, rule: string): void {
  if (value <= most) return;
  throw new Deno.errors.WouldBlock(
    `Cannot send a datagram as at most ${most} ${rule}: current value is ${value}`,
  );
}
