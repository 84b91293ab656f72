import { libc } from "./libc.ts";
import type { Socket } from "./socket.ts";

const EPOLL_CTL_ADD = 1;
const EPOLLIN = 1;
const LIMIT_MS = 10_000;

/** The kernel's `epoll_event`, in words of 32 bits: it is packed on x86 only. */
const EVENT = Deno.build.arch === "x86_64"
  ? { words: 3, data: 1 }
  : { words: 4, data: 2 };

/** Waits for several sockets at once. */
export class Poll implements Disposable {
  readonly #fd = libc.epoll_create1(0);
  readonly #sockets: readonly Socket[];
  readonly #events: Int32Array<ArrayBuffer>;
  readonly #bytes: Uint8Array<ArrayBuffer>;

  constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets;
    this.#events = new Int32Array(sockets.length * EVENT.words);
    this.#bytes = new Uint8Array(this.#events.buffer);
    for (const [index, { fd }] of sockets.entries()) {
      this.#events[0] = EPOLLIN;
      this.#events[EVENT.data] = index;
      libc.epoll_ctl(this.#fd, EPOLL_CTL_ADD, fd, this.#bytes);
    }
  }

  /** Calls back with the index of each socket that has something to receive. */
  forEachReady(callback: (index: number) => void): void {
    const { length } = this.#sockets;
    const ready = libc.epoll_wait(this.#fd, this.#bytes, length, LIMIT_MS);
    if (ready <= 0) throw new Error("Cannot receive any answer");
    for (let i = 0; i < ready; i++) {
      callback(this.#events[i * EVENT.words + EVENT.data]!);
    }
  }

  [Symbol.dispose](): void {
    libc.close(this.#fd);
  }
}
