/**
 * Blocking sockets, straight from the C library (of Linux).
 *
 * A driver that used Deno's own sockets would be no faster than the servers
 * that it measures, and would hide what sets them apart.
 *
 * @module
 */

/** What is used of it. */
export const { symbols: libc } = Deno.dlopen("libc.so.6", {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  setsockopt: {
    parameters: ["i32", "i32", "i32", "buffer", "u32"],
    result: "i32",
  },
  send: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  sendto: {
    parameters: ["i32", "buffer", "usize", "i32", "buffer", "u32"],
    result: "i32",
  },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
});

const AF_INET = 2;
const SOCKET_TYPES = { tcp: 1, udp: 2 };
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const MSG_NOSIGNAL = 0x4000;
const MSG_WAITALL = 0x100;

/** The longest wait for an answer. */
const LIMIT = new Uint8Array(new BigInt64Array([10n, 0n]).buffer);

/** A connected socket; every method throws if it does not do all it should. */
export class Socket {
  static #opened = 0;
  readonly #fd: number;

  /** Connects to a port of 127.0.0.1. */
  constructor(transport: "tcp" | "udp", port: number) {
    this.#fd = libc.socket(AF_INET, SOCKET_TYPES[transport], 0);
    check("open a socket", this.#fd >= 0);
    libc.setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, LIMIT, LIMIT.length);
    // Each address has ports of its own: ports of closed connections, which
    // rest for a minute, do not run out.
    const from = address(1 + Socket.#opened++ % 200, 0);
    check("bind a socket", libc.bind(this.#fd, from, from.length) === 0);
    const to = address(1, port);
    check("connect", libc.connect(this.#fd, to, to.length) === 0);
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const sent = libc.send(this.#fd, bytes, BigInt(bytes.length), MSG_NOSIGNAL);
    check("send", sent === bytes.length);
  }

  /** Waits until `bytes` is full. */
  receive(bytes: Uint8Array<ArrayBuffer>): void {
    const received = libc.recv(
      this.#fd,
      bytes,
      BigInt(bytes.length),
      MSG_WAITALL,
    );
    check("receive the answer", received === bytes.length);
  }

  close(): void {
    libc.close(this.#fd);
  }
}

/** A `sockaddr_in` for 127.0.0.`host`. */
function address(host: number, port: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16);
  bytes.set([AF_INET, 0, port >> 8, port & 255, 127, 0, 0, host]);
  return bytes;
}

function check(action: string, done: boolean): void {
  if (!done) throw new Error(`Cannot ${action}`);
}
