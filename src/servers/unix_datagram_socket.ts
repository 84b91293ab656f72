import { NoReplyAddressError } from "../errors.ts";
import { Condition } from "../streams/condition.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import type { DatagramListener } from "./datagram_server.ts";

const BELL = new Uint8Array(0);

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
 * finds the socket busy rings a bell: a second socket sends the server an
 * empty datagram, the pending `receive()` ends, the replies go out, and it
 * begins anew.
 */
export class UnixDatagramSocket implements DatagramListener {
  readonly #socket: DatagramListener;
  readonly addr: Deno.UnixAddr;
  /** On Linux a name that is no file's: it needs no permission to write. */
  readonly #bellPath: string;
  /** The socket file that is ours to remove. */
  readonly #inode: number | null;
  /** Whether nobody wants datagrams: the socket must not be receiving. */
  #parked = false;
  readonly #resumed = new Condition();
  #bell: Deno.DatagramConn | null = null;
  #receiving = false;
  #closed = false;
  #waiting: Waiting[] = [];
  #rung: Promise<void> = Promise.resolve();

  /** Creates an instance around a bound socket. */
  constructor(socket: DatagramListener, { ownsPath }: { ownsPath: boolean }) {
    this.#socket = socket;
    this.addr = socket.addr as Deno.UnixAddr;
    this.#inode = ownsPath ? inodeOf(this.addr.path) : null;
    this.#bellPath = Deno.build.os === "linux"
      ? `\0${crypto.randomUUID()}`
      : `${this.addr.path}.bell`;
  }

  async receive(
    buffer: Uint8Array,
  ): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    for (;;) {
      while (this.#parked) await this.#resumed.wait();
      this.#receiving = true;
      let datagram;
      try {
        datagram = await this.#socket.receive(buffer);
      } finally {
        this.#receiving = false;
        await this.#sendWaiting();
      }
      const sender = datagram[1] as Deno.UnixAddr;
      if (this.#bell === null || sender.path !== this.#bellPath) {
        return datagram;
      }
    }
  }

  send(data: Uint8Array, address: Deno.Addr): Promise<number> {
    const { path } = address as Deno.UnixAddr;
    if (!path) {
      return this.#noting(Promise.reject(
        new NoReplyAddressError(
          `Cannot send a datagram as its receiver must be bound to a path: current value is ${
            Deno.inspect(path)
          }`,
        ),
      ));
    }
    const to: Deno.UnixAddr = { transport: "unixpacket", path };
    if (!this.#receiving) return this.#noting(this.#socket.send(data, to));
    const sent = Promise.withResolvers<number>();
    this.#waiting.push({ data: data.slice(), address: to, sent });
    if (this.#waiting.length === 1) this.#ring();
    return sent.promise;
  }

  close(): void {
    this.#socket.close();
    this.#closed = true;
    this.ref();
    if (this.#bell !== null) {
      this.#bell.close();
      removeSocketFile(this.#bellPath);
    }
    if (this.#inode !== null && inodeOf(this.addr.path) === this.#inode) {
      removeSocketFile(this.addr.path);
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
    if (this.#receiving) this.#ring();
  }

  /** Ends a pending `receive()`; one ring after the other. */
  #ring(): void {
    this.#rung = this.#rung.then(() => this.#sendBell());
  }

  async #sendBell(): Promise<void> {
    try {
      this.#bell ??= Deno.listenDatagram({
        transport: "unixpacket",
        path: this.#bellPath,
      });
      await this.#bell.send(BELL, this.addr);
    } catch (error) {
      for (const { sent } of this.#waiting.splice(0)) sent.reject(error);
    }
  }

  async #sendWaiting(): Promise<void> {
    for (const { data, address, sent } of this.#waiting.splice(0)) {
      await this.#noting(this.#socket.send(data, address))
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

function inodeOf(path: string): number | null {
  if (path.startsWith("\0")) return null;
  try {
    return Deno.lstatSync(path).ino;
  } catch {
    return null; // it has been removed already
  }
}

function removeSocketFile(path: string): void {
  if (path.startsWith("\0")) return;
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
