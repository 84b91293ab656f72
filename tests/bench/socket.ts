import { libc } from "./libc.ts";

const AF_INET = 2;
const SOCKET_TYPES = { tcp: 1, udp: 2 };
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const MSG_DONTWAIT = 0x40;
const MSG_WAITALL = 0x100;
const MSG_NOSIGNAL = 0x4000;
const SHUT_WR = 1;
const POLLIN = 1;
const POLLOUT = 4;
const POLLERR = 8;
const POLLHUP = 0x10;
const POLLRDHUP = 0x2000;

/** The longest wait for an answer. */
const LIMIT_SECONDS = 10;
const limit = new Uint8Array(
  new BigInt64Array([BigInt(LIMIT_SECONDS), 0n]).buffer,
);

/**
 * A connected socket, straight from the C library.
 *
 * A driver that used Deno's own sockets would be no faster than the servers
 * that it measures, and would hide what sets them apart. Every method throws
 * if it does not do all it should.
 */
export class Socket {
  static #opened = 0;
  /** Its descriptor, for a {@linkcode Poll}. */
  readonly fd: number;

  /** Connects to a port of 127.0.0.1. */
  constructor(transport: "tcp" | "udp", port: number) {
    this.fd = libc.socket(AF_INET, SOCKET_TYPES[transport], 0);
    check("open a socket", this.fd >= 0);
    libc.setsockopt(this.fd, SOL_SOCKET, SO_RCVTIMEO, limit, limit.length);
    // Each address has ports of its own: ports of closed connections, which
    // rest for a minute, do not run out.
    const from = address(1 + Socket.#opened++ % 200, 0);
    check("bind a socket", libc.bind(this.fd, from, from.length) === 0);
    const to = address(1, port);
    check("connect", libc.connect(this.fd, to, to.length) === 0);
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    const sent = libc.send(this.fd, bytes, BigInt(bytes.length), MSG_NOSIGNAL);
    check("send", sent === bytes.length);
  }

  /** Waits until `bytes` is full. */
  receive(bytes: Uint8Array<ArrayBuffer>): void {
    const size = BigInt(bytes.length);
    const received = libc.recv(this.fd, bytes, size, MSG_WAITALL);
    check("receive the answer", received === bytes.length);
  }

  /** Sends what there is room for, and returns how much that was. */
  sendSome(bytes: Uint8Array<ArrayBuffer>): number {
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    return Math.max(
      0,
      libc.send(this.fd, bytes, BigInt(bytes.length), flags),
    );
  }

  /** Receives what is there, and returns how much that was. */
  receiveSome(bytes: Uint8Array<ArrayBuffer>): number {
    const size = BigInt(bytes.length);
    const received = libc.recv(this.fd, bytes, size, MSG_DONTWAIT);
    check("receive everything before the end", received !== 0);
    return Math.max(0, received);
  }

  /** Waits until something can be received or, if that is asked for, sent. */
  wait(toSend: boolean): void {
    const asked = toSend ? POLLIN | POLLOUT : POLLIN;
    const polled = new Uint8Array(new Int32Array([this.fd, asked]).buffer);
    libc.poll(polled, 1n, LIMIT_SECONDS * 1000);
    const seen = polled[6]!;
    check("go on", seen !== 0 && (seen & POLLERR) === 0);
  }

  /** Whether the server has closed the connection, or reset it. */
  get isEnded(): boolean {
    const polled = new Int16Array(new Int32Array([this.fd, POLLRDHUP]).buffer);
    libc.poll(new Uint8Array(polled.buffer), 1n, 0);
    return (polled[3]! & (POLLERR | POLLHUP | POLLRDHUP)) !== 0;
  }

  /** Sends the end of the input. */
  closeWrite(): void {
    check("half-close", libc.shutdown(this.fd, SHUT_WR) === 0);
  }

  close(): void {
    libc.close(this.fd);
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
