import { libc } from "../libc.ts";
import type { Target } from "./target.ts";

const AF_UNIX = 1;
const AF_INET = 2;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0x800;
const SOL_SOCKET = 1;
const SO_LINGER = 13;
const MSG_NOSIGNAL = 0x4000;
/** On, with no time to wait: to close is to reset. */
const RESET = new Uint8Array(new Int32Array([1, 0]).buffer);

/** What a client binds its socket to: a host, a path, or bytes of a name. */
export type OwnName = string | Uint8Array;

/**
 * A socket straight from the C library, which can do what Deno's own can't:
 * reset, be connected over Unix datagrams, bear a name that is no text. It never
 * waits; nor does it throw if the system refuses something, as it is a hostile
 * client's.
 */
export class RawSocket implements Disposable {
  readonly #fd: number;
  readonly #to: Uint8Array<ArrayBuffer>;
  readonly #isStream: boolean;
  #connected = false;
  #closed = false;

  /** Makes a socket, which is not connected. */
  constructor(target: Target, ownName?: OwnName) {
    const { address, isStream } = target;
    const family = typeof address === "string" ? AF_UNIX : AF_INET;
    const type = isStream ? SOCK_STREAM : SOCK_DGRAM;
    this.#fd = libc.socket(family, type | SOCK_NONBLOCK, 0);
    this.#isStream = isStream;
    this.#to = typeof address === "string"
      ? unixName(address)
      : inetName("127.0.0.1", address);
    if (ownName !== undefined) {
      const own = typeof ownName === "string" && family === AF_INET
        ? inetName(ownName, 0)
        : unixName(ownName);
      libc.bind(this.#fd, own, own.length);
    }
  }

  /** Makes a socket and connects it, which takes no time on this machine. */
  static connect(target: Target, ownName?: OwnName): RawSocket {
    const socket = new RawSocket(target, ownName);
    libc.connect(socket.#fd, socket.#to, socket.#to.length);
    socket.#connected = true;
    return socket;
  }

  /** Sends what the system takes at once; returns whether it was anything. */
  send(data: string | Uint8Array<ArrayBuffer>): boolean {
    const bytes = typeof data === "string"
      ? new TextEncoder().encode(data)
      : data;
    const what = [this.#fd, bytes, BigInt(bytes.length), MSG_NOSIGNAL] as const;
    const sent = this.#connected
      ? libc.send(...what)
      : libc.sendto(...what, this.#to, this.#to.length);
    return sent >= 0;
  }

  /** Ends a connection by a reset, where the transport knows one. */
  reset(): void {
    if (this.#isStream) {
      libc.setsockopt(this.#fd, SOL_SOCKET, SO_LINGER, RESET, RESET.length);
    }
    this.close();
  }

  close(): void {
    if (!this.#closed) libc.close(this.#fd);
    this.#closed = true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A `sockaddr_in`. */
function inetName(host: string, port: number): Uint8Array<ArrayBuffer> {
  const numbers = host.split(".").map(Number);
  const bytes = new Uint8Array(16);
  bytes.set([AF_INET, 0, port >> 8, port & 255, ...numbers]);
  return bytes;
}

/** A `sockaddr_un`: of a path, or of an abstract name. */
function unixName(name: OwnName): Uint8Array<ArrayBuffer> {
  const bytes = typeof name === "string"
    ? new TextEncoder().encode(`${name}\0`)
    : name;
  const whole = new Uint8Array(2 + bytes.length);
  whole.set([AF_UNIX, 0]);
  whole.set(bytes, 2);
  return whole;
}
