import { NoReplyAddressError } from "../errors.ts";
import { brokenRule } from "../broken_rule.ts";
import { Condition } from "../streams/condition.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import { succeedsWithin } from "../streams/time_limit.ts";
import { Bell } from "./bell.ts";
import type { DatagramListener } from "./datagram_server.ts";
import { type ConnectedReply, PathSocket } from "./path_socket.ts";
import type { SendingSocket } from "./reply_socket.ts";
import { UnixDatagramReplies } from "./unix_datagram_replies.ts";

/** How long replies may wait for slow clients after the end, in milliseconds. */
const LINGERING_MS = 500;

/** What else a socket has that the server has made itself. */
export interface OwnSocketParts {
  /** A socket of the same name to reply through, if there is one. */
  readonly named: SendingSocket | null;
  /** Makes another socket at the same path, which must be free. */
  bind(): DatagramListener;
}

/**
 * A Unix datagram socket that can send while it receives.
 *
 * Deno's cannot: a pending `receive()` keeps the socket to itself, and a pending
 * `send()` too. So replies leave through other sockets.
 *
 * But a client that has connected its own socket to the server's path takes
 * nothing that comes from elsewhere: the system says EPERM. For that one a bell
 * is rung: the pending `receive()` ends, the reply goes out, and it begins anew.
 */
export class UnixDatagramSocket implements DatagramListener {
  readonly #socket: PathSocket;
  readonly #replies: UnixDatagramReplies;
  readonly #bell = new Bell();
  readonly #resumed = new Condition();
  /** Whether nobody wants datagrams: the socket must not be receiving. */
  #parked = false;
  #receiving = false;
  #closed = false;
  #waiting: ConnectedReply[] = [];
  #sending: Promise<void> | null = null;
  #lingering: Promise<void> = Promise.resolve();

  /**
   * Creates an instance around a bound socket.
   *
   * @param parts `null` for a socket of somebody else's, and of his file.
   */
  constructor(socket: DatagramListener, parts: OwnSocketParts | null) {
    this.#socket = new PathSocket(socket, parts?.bind ?? null);
    this.#replies = new UnixDatagramReplies(parts?.named ?? null);
  }

  get addr(): Deno.UnixAddr {
    return this.#socket.addr;
  }

  async receive(
    buffer: Uint8Array,
  ): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    // One that is too small for a bell; there may be none, as Deno's own allows.
    const tiny = buffer?.length < Bell.length;
    const landing = tiny ? new Uint8Array(Bell.length) : buffer;
    for (;;) {
      while (this.#parked || this.#sending !== null) {
        await (this.#sending ?? this.#resumed.wait());
      }
      this.#receiving = true;
      let datagram;
      try {
        datagram = await this.#socket.receive(landing);
      } finally {
        this.#receiving = false;
        if (this.#waiting.length > 0) this.#sendWaiting();
      }
      const [data, sender] = datagram;
      if (!this.#bell.isRing(data, sender as Deno.UnixAddr)) {
        return tiny ? [data.subarray(0, buffer.length), sender] : datagram;
      }
    }
  }

  send(data: Uint8Array, address: Deno.Addr): Promise<number> {
    const { path } = address as Deno.UnixAddr;
    const to: Deno.UnixAddr = { transport: "unixpacket", path };
    const sent = path
      ? this.#replies.send(data, to)
      : Promise.reject(noAddressError(path));
    return sent
      .catch((reason) => this.#sendOwn(data, to, reason));
  }

  close(): void {
    this.#closed = true;
    this.ref();
    this.#rejectWaiting();
    this.#lingering = this.#replies.close(LINGERING_MS);
    this.#bell.close();
    this.#socket.close();
  }

  /**
   * Resolves when no reply waits for a slow client any more: half a second after
   * the end.
   *
   * @param limit How long that may last, in seconds.
   */
  async lingered(limit: number): Promise<void> {
    if (await succeedsWithin(this.#lingering, limit)) return;
    await this.#replies.close(0);
  }

  ref(): void {
    this.#parked = false;
    this.#resumed.notify();
  }

  /** Deno's own has no effect here, so a pending `receive()` is ended. */
  unref(): void {
    if (this.#closed) return;
    this.#parked = true;
    if (this.#receiving) this.#ring();
  }

  /** Sends what could not leave through another socket, if that was why. */
  async #sendOwn(
    data: Uint8Array,
    address: Deno.UnixAddr,
    reason: { code?: unknown },
  ): Promise<number> {
    noteOrigin(reason, this);
    if (reason.code !== "EPERM") throw reason;
    const sent = Promise.withResolvers<number>();
    this.#waiting.push({ data: data.slice(), address, sent, reason });
    if (!this.#receiving) this.#sendWaiting();
    else if (this.#waiting.length === 1) this.#ring();
    try {
      return await sent.promise;
    } catch (error) {
      noteOrigin(error, this);
      throw error;
    }
  }

  async #ring(): Promise<void> {
    // Where another server stands by now, it would ring at the other's.
    const { file } = this.#socket;
    try {
      if (file === null || file.isAt()) {
        return await this.#bell.ring(this.addr.path, file);
      }
    } catch {
      // Nobody can be told but those who wait.
    }
    this.#rejectWaiting();
  }

  #rejectWaiting(): void {
    for (const { sent, reason } of this.#waiting.splice(0)) {
      sent.reject(reason);
    }
  }

  /** Sends what waits, one after the other; nothing is received meanwhile. */
  #sendWaiting(): void {
    this.#sending ??= (async () => {
      for (let next; (next = this.#waiting.shift()) !== undefined;) {
        await this.#socket.send(next);
      }
      this.#sending = null;
    })();
  }
}

function noAddressError(path: unknown): Error {
  return new NoReplyAddressError(
    brokenRule("send a datagram", "its receiver must be bound to a path", path),
  );
}
