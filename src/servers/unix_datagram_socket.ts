import { NoReplyAddressError } from "../errors.ts";
import { inspected } from "../inspected.ts";
import { Condition } from "../streams/condition.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import type { DatagramListener } from "./datagram_server.ts";
import { SocketFile } from "./socket_file.ts";

/** How long the datagram is by which a bell is known, in bytes. */
const RING_LENGTH = 16;
/** The longest path that a socket may be sent to by on every system, in bytes. */
const MAX_PATH_LENGTH = 103;

/** A datagram that could not be sent at once. */
interface Waiting {
  readonly data: Uint8Array;
  readonly address: Deno.UnixAddr;
  readonly sent: PromiseWithResolvers<number>;
}

/**
 * A Unix datagram socket that can send while it receives.
 *
 * Deno's cannot: a pending `receive()` keeps the socket to itself. Replies
 * from another socket would not do, as a client that has connected its own to
 * the server's path is not sent what comes from elsewhere. So a reply that
 * finds the socket busy rings a bell: a second socket, which has no path, sends
 * the server a secret, the pending `receive()` ends, the replies go out, and it
 * begins anew.
 *
 * A socket can be sent to by its path only. Where another server stands there by
 * now, the bell would ring at the other's, and the second socket sends the
 * replies itself.
 */
export class UnixDatagramSocket implements DatagramListener {
  readonly #socket: DatagramListener;
  readonly addr: Deno.UnixAddr;
  /** Where it can be sent to, whatever folder the process will be in. */
  readonly #address: Deno.UnixAddr;
  readonly #file: SocketFile | null;
  readonly #ownsFile: boolean;
  /** What the bell says, and nobody else knows. */
  readonly #ring = crypto.getRandomValues(new Uint8Array(RING_LENGTH));
  /** Whether nobody wants datagrams: the socket must not be receiving. */
  #parked = false;
  readonly #resumed = new Condition();
  #bell: Deno.DatagramConn | null = null;
  #receiving = false;
  #closed = false;
  #waiting: Waiting[] = [];
  #rung: Promise<void> = Promise.resolve();

  /** Creates an instance around a bound socket. */
  constructor(socket: DatagramListener, { ownsFile }: { ownsFile: boolean }) {
    this.#socket = socket;
    this.addr = socket.addr as Deno.UnixAddr;
    this.#file = SocketFile.at(this.addr.path);
    this.#ownsFile = ownsFile;
    const path = this.#file?.path ?? this.addr.path;
    const { length } = new TextEncoder().encode(path);
    this.#address = length > MAX_PATH_LENGTH ? this.addr : {
      ...this.addr,
      path,
    };
  }

  async receive(
    buffer: Uint8Array,
  ): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    // One that is too small for a bell; there may be none, as Deno's own allows.
    const tiny = buffer?.length < RING_LENGTH;
    const landing = tiny ? new Uint8Array(RING_LENGTH) : buffer;
    for (;;) {
      while (this.#parked) await this.#resumed.wait();
      this.#receiving = true;
      let datagram;
      try {
        datagram = await this.#socket.receive(landing);
      } finally {
        this.#receiving = false;
        await this.#sendWaiting();
      }
      const [data, sender] = datagram;
      if (!this.#isRing(data, sender as Deno.UnixAddr)) {
        return tiny ? [data.subarray(0, buffer.length), sender] : datagram;
      }
    }
  }

  send(data: Uint8Array, address: Deno.Addr): Promise<number> {
    const { path } = address as Deno.UnixAddr;
    if (!path) {
      return this.#noting(Promise.reject(
        new NoReplyAddressError(
          `Cannot send a datagram as its receiver must be bound to a path: current value is ${
            inspected(path)
          }`,
        ),
      ));
    }
    const to: Deno.UnixAddr = { transport: "unixpacket", path };
    if (!this.#receiving) return this.#noting(this.#socket.send(data, to));
    const sent = Promise.withResolvers<number>();
    this.#waiting.push({ data: data.slice(), address: to, sent });
    if (this.#waiting.length === 1) this.#ringInTurn();
    return sent.promise;
  }

  /** Its own file goes first: as long as it is in use, it cannot be mistaken. */
  close(): void {
    try {
      if (this.#ownsFile && !this.#closed) this.#file?.remove();
    } finally {
      this.#closed = true;
      this.ref();
      this.#bell?.close();
      this.#socket.close();
    }
  }

  ref(): void {
    this.#parked = false;
    this.#resumed.notify();
  }

  /** Deno's own has no effect here, so a pending `receive()` is ended. */
  unref(): void {
    if (this.#closed) return;
    this.#parked = true;
    if (this.#receiving) this.#ringInTurn();
  }

  #isRing(data: Uint8Array, sender: Deno.UnixAddr): boolean {
    return this.#bell !== null && sender.path === null &&
      data.length === RING_LENGTH &&
      data.every((byte, index) => byte === this.#ring[index]);
  }

  /** Ends a pending `receive()`; one ring after the other. */
  #ringInTurn(): void {
    this.#rung = this.#rung.then(() => this.#ringOnce());
  }

  async #ringOnce(): Promise<void> {
    if (this.#closed) return; // that has ended it
    try {
      const bell = this.#bell ??= Deno.listenDatagram({
        transport: "unixpacket",
      });
      if (this.#file === null || this.#file.isAt()) {
        await bell.send(this.#ring, this.#address);
      } else {
        await this.#sendWaiting(bell);
      }
    } catch (error) {
      for (const { sent } of this.#waiting.splice(0)) sent.reject(error);
    }
  }

  async #sendWaiting(socket: DatagramListener = this.#socket): Promise<void> {
    for (const { data, address, sent } of this.#waiting.splice(0)) {
      await this.#noting(socket.send(data, address))
        .then(sent.resolve, sent.reject);
    }
  }

  /** Notes that a failure to send is one of this socket. */
  #noting(sending: Promise<number>): Promise<number> {
    return sending.catch((error) => {
      noteOrigin(error, this);
      throw error;
    });
  }
}
