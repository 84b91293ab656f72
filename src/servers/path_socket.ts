import { succeedsWithin } from "../streams/time_limit.ts";
import type { DatagramListener } from "./datagram_server.ts";
import { PrivateFolder } from "./private_folder.ts";
import { closedSocketError } from "./closed_socket_error.ts";
import { SocketFile } from "./socket_file.ts";

/** How long a send may hold the socket that everybody sends to, in seconds. */
const LONGEST_SEND = 1;

/** A datagram for a client that takes none from another socket. */
export interface ConnectedReply {
  readonly data: Uint8Array;
  readonly address: Deno.UnixAddr;
  readonly sent: PromiseWithResolvers<number>;
  /** Why it cannot be sent through another socket. */
  readonly reason: unknown;
}

/**
 * The Unix datagram socket at a path. It sends or receives; a send that the
 * system has wait holds it, and Deno cannot take that back. Then another one
 * takes its place.
 */
export class PathSocket {
  readonly addr: Deno.UnixAddr;
  readonly #bind: (() => DatagramListener) | null;
  #socket: DatagramListener;
  #file: SocketFile | null;
  #closed = false;
  /** Ends the wait for a send that is under way. */
  #leaveSend = () => {};

  /**
   * Creates an instance around a bound socket.
   *
   * @param bind Makes another one, at the same path, which must be free; `null`
   * for a socket of somebody else's, and of his file.
   */
  constructor(socket: DatagramListener, bind: (() => DatagramListener) | null) {
    this.#socket = socket;
    this.addr = socket.addr as Deno.UnixAddr;
    this.#file = SocketFile.at(this.addr.path);
    this.#bind = bind;
  }

  /** The file at the path, or `null` if the name is abstract. */
  get file(): SocketFile | null {
    return this.#file;
  }

  /** Receives one datagram. */
  receive(
    buffer: Uint8Array,
  ): Promise<[Uint8Array<ArrayBuffer>, Deno.Addr]> {
    return this.#socket.receive(buffer);
  }

  /** Sends a datagram; resolves when the socket can be used again. */
  async send({ data, address, sent }: ConnectedReply): Promise<void> {
    const sending = Promise.try(() => this.#socket.send(data, address));
    sending.then(sent.resolve, sent.reject);
    // No race with one promise for all sends: it would keep something of each.
    const ended = new Promise<void>((resolve) => {
      this.#leaveSend = resolve;
      sending.then(() => resolve(), () => resolve());
    });
    if (await succeedsWithin(ended, LONGEST_SEND)) {
      if (this.#closed) sent.reject(closedSocketError());
      return;
    }
    sent.reject(
      new Deno.errors.TimedOut(
        `Cannot send a datagram as its receiver, which has connected its socket, must have room for it within ${LONGEST_SEND} second: current value is none`,
      ),
    );
    if (!this.#replace()) await ended;
  }

  /** Its own file goes first: as long as it is in use, it cannot be mistaken. */
  close(): void {
    try {
      if (this.#bind !== null && !this.#closed) this.#file?.remove();
    } finally {
      this.#closed = true;
      this.#leaveSend();
      this.#socket.close();
    }
  }

  /**
   * Puts another socket in the place of the one that a send holds. Those who have
   * connected theirs must connect again.
   */
  #replace(): boolean {
    if (this.#closed || this.#bind === null) return false;
    // Not where the process has gone to another folder meanwhile.
    if (!this.#file?.isAt(this.addr.path)) return false;
    using folder = PrivateFolder.beside(this.#file.path);
    if (folder === null) return false;
    try {
      folder.takeIn();
    } catch {
      return false; // it has gone this moment, or may not be moved
    }
    try {
      const socket = this.#bind();
      this.#socket.close(); // it ends when the send does
      this.#socket = socket;
      this.#file = SocketFile.at(this.addr.path);
      return true;
    } catch {
      putBack(folder);
      return false;
    }
  }
}

function putBack(folder: PrivateFolder): void {
  try {
    folder.putBack();
  } catch {
    // Its own folder has gone: there is no place for it any more.
  }
}
