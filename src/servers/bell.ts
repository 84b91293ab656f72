import type { SocketFile } from "./socket_file.ts";

/** How long the datagram is by which a bell is known, in bytes. */
const RING_LENGTH = 16;
/** How long a socket's path may be on every system, in bytes. */
const MAX_PATH_LENGTH = 103;

/**
 * Ends a pending `receive()` of a Unix datagram socket, which Deno cannot: it
 * sends the socket a secret, from one that has no path.
 */
export class Bell {
  /** How large the buffer must be that a ring is received into, in bytes. */
  static readonly length = RING_LENGTH;
  /** What the bell says, and nobody else knows. */
  readonly #ring = crypto.getRandomValues(new Uint8Array(RING_LENGTH));
  #socket: Deno.DatagramConn | null = null;
  #rung: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * Rings at a path; one ring after the other.
   *
   * @param file What stands at the path, wherever the process will be.
   */
  ring(path: string, file: SocketFile | null): Promise<void> {
    const absolute = file?.path ?? path;
    const { length } = new TextEncoder().encode(absolute);
    const address: Deno.UnixAddr = {
      transport: "unixpacket",
      path: length > MAX_PATH_LENGTH ? path : absolute,
    };
    const rung = this.#rung.then(async () => {
      if (this.#closed) return; // what it was to end has ended
      this.#socket ??= Deno.listenDatagram({ transport: "unixpacket" });
      await this.#socket.send(this.#ring, address);
    });
    this.#rung = rung.catch(() => {});
    return rung;
  }

  /** Whether a datagram says that the bell has been rung. */
  isRing(data: Uint8Array, sender: Deno.UnixAddr): boolean {
    return this.#socket !== null && sender.path === null &&
      data.length === RING_LENGTH &&
      data.every((byte, index) => byte === this.#ring[index]);
  }

  /** Closes it. */
  close(): void {
    this.#closed = true;
    this.#socket?.close();
  }
}
