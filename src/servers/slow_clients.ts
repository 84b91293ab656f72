import { Condition } from "../streams/condition.ts";
import type { ReplySocket } from "./reply_socket.ts";
import { SlowClient, type WaitingInAll } from "./slow_client.ts";

/** How many clients may be slow at once. */
const MOST_CLIENTS = 1024;
/** How many of them are offered something at once: each takes a descriptor. */
const MOST_SOCKETS = 8;

/** The clients that replies wait for; see {@linkcode SlowClient}. */
export class SlowClients {
  readonly #open: () => ReplySocket;
  readonly #onIdle: () => void;
  readonly #clients = new Map<string, SlowClient>();
  readonly #inAll: WaitingInAll = { bytes: 0 };
  /** How many of them replies wait for. */
  #awaited = 0;
  readonly #idle: ReplySocket[] = [];
  #busy = 0;
  /** Until when anything is offered. */
  #end = Infinity;
  readonly #freed = new Condition();
  readonly #emptied = new Condition();

  /**
   * Creates an instance.
   *
   * @param open Makes a socket to send through.
   * @param onIdle Called when replies wait for nobody any more.
   */
  constructor(open: () => ReplySocket, onIdle: () => void = () => {}) {
    this.#open = open;
    this.#onIdle = onIdle;
  }

  /** Whether replies wait for anybody. */
  get areAwaited(): boolean {
    return this.#awaited > 0;
  }

  /** Whether what a client is sent has to wait for it. */
  has(path: string): boolean {
    const client = this.#clients.get(path);
    if (client === undefined) return false;
    if (client.isSlow) return true;
    this.#clients.delete(path);
    return false;
  }

  /**
   * Has a reply wait for its client.
   *
   * @throws {Deno.errors.TimedOut} If the client has taken none for too long.
   * @throws {Deno.errors.WouldBlock} If too much waits already.
   */
  add(data: Uint8Array, address: Deno.UnixAddr): void {
    const client = this.#clients.get(address.path) ?? this.#make(address);
    client.add(data);
    // One that nothing waits for may still be, for a moment: it goes on then.
    if (!client.isServed) this.#serve(client, address.path);
  }

  /** Resolves when all have taken what waits, within a time in milliseconds. */
  async close(limit: number): Promise<void> {
    this.#end = performance.now() + limit;
    for (const client of this.#clients.values()) client.hurry(limit);
    while (this.areAwaited) await this.#emptied.wait();
  }

  #make(address: Deno.UnixAddr): SlowClient {
    if (this.#clients.size === MOST_CLIENTS) this.#forgetOne();
    const offer = this.#offer.bind(this);
    const client = new SlowClient(address, offer, this.#inAll);
    this.#clients.set(address.path, client);
    return client;
  }

  #forgetOne(): void {
    for (const [path, client] of this.#clients) {
      if (!client.isAwaited) return void this.#clients.delete(path);
    }
    throw new Deno.errors.WouldBlock(
      `Cannot send a datagram as datagrams may wait for at most ${MOST_CLIENTS} receivers: current value is ${
        MOST_CLIENTS + 1
      }`,
    );
  }

  async #serve(client: SlowClient, path: string): Promise<void> {
    this.#awaited++;
    await client.serve();
    this.#awaited--;
    if (!client.isSlow) this.#clients.delete(path);
    if (this.areAwaited) return;
    for (const socket of this.#idle) socket.rest();
    this.#onIdle();
    this.#emptied.notify();
  }

  async #offer(data: Uint8Array, address: Deno.UnixAddr): Promise<boolean> {
    while (this.#busy === MOST_SOCKETS) await this.#freed.wait();
    if (performance.now() >= this.#end) return false;
    this.#busy++;
    const socket = this.#idle.pop() ?? this.#open();
    try {
      return await socket.offer(data, address);
    } finally {
      this.#busy--;
      this.#idle.push(socket);
      this.#freed.notify();
    }
  }
}
