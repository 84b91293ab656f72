import { EmptyReplies } from "./empty_replies.ts";
import { closedSocketError } from "./closed_socket_error.ts";
import { ReplySocket, type SendingSocket } from "./reply_socket.ts";
import { SlowClients } from "./slow_clients.ts";

/** A reply whose turn has not come. */
interface Reply {
  readonly data: Uint8Array;
  readonly address: Deno.UnixAddr;
  readonly sent: PromiseWithResolvers<number>;
}

/**
 * Sends the replies of a server of Unix datagrams, beside its own socket, which
 * is for receiving.
 *
 * They leave one after the other, and none waits for the client of another for
 * longer than a few milliseconds: what a client has no room for waits apart.
 */
export class UnixDatagramReplies {
  /** The one whose name the clients see, as long as nobody is slow. */
  readonly #named: ReplySocket | null;
  readonly #nameless: ReplySocket;
  readonly #slow: SlowClients;
  #waiting: Reply[] = [];
  #busy = false;
  #closed = false;

  /**
   * Creates an instance.
   *
   * @param named A socket to send through, if there is one.
   */
  constructor(named: SendingSocket | null) {
    const empty = new EmptyReplies();
    const bind = () => Deno.listenDatagram({ transport: "unixpacket" });
    const open = () => new ReplySocket(bind, empty);
    this.#named = named && new ReplySocket(bind, empty, named);
    this.#nameless = open();
    this.#slow = new SlowClients(open, () => {
      if (this.#named !== null) this.#nameless.rest(); // it may not be needed again
    });
  }

  /**
   * Sends a datagram, or has it wait for its receiver.
   *
   * @returns How many bytes the system, or this object, has taken.
   */
  send(data: Uint8Array, address: Deno.UnixAddr): Promise<number> {
    if (this.#closed) return Promise.reject(closedSocketError());
    if (!this.#busy) return this.#send(data, address);
    const sent = Promise.withResolvers<number>();
    this.#waiting.push({ data: data.slice(), address, sent });
    return sent.promise;
  }

  /**
   * Closes it; the replies that have not had their turn are rejected.
   *
   * @param limit How long others may wait for their clients, in milliseconds.
   */
  async close(limit: number): Promise<void> {
    this.#closed = true;
    this.#named?.close();
    this.#nameless.close();
    for (const { sent } of this.#waiting.splice(0)) {
      sent.reject(closedSocketError());
    }
    await this.#slow.close(limit);
  }

  async #send(data: Uint8Array, address: Deno.UnixAddr): Promise<number> {
    this.#busy = true;
    try {
      const isSlow = this.#slow.has(address.path);
      if (!isSlow && await this.#socket().offer(data, address)) {
        return data.length;
      }
      if (this.#closed) throw closedSocketError();
      this.#slow.add(data, address);
      return data.length;
    } finally {
      this.#busy = false;
      this.#sendNext();
    }
  }

  #sendNext(): void {
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#send(next.data, next.address)
      .then(next.sent.resolve, next.sent.reject);
  }

  /**
   * While anybody is slow, the system is not to hold more and more of the socket
   * that is not renewed.
   */
  #socket(): ReplySocket {
    const named = this.#named;
    if (named === null || named.isStuck || this.#slow.areAwaited) {
      return this.#nameless;
    }
    this.#nameless.rest();
    return named;
  }
}
