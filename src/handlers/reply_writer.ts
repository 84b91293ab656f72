import { dataBytes } from "../streams/argument_checks.ts";
import { ResponseWriter } from "../streams/response_writer.ts";
import { copied, encoded, reuse } from "../streams/text_buffers.ts";

/** What the writer itself sends to: nothing gets there. */
const NOWHERE = {
  write: (data: Uint8Array) => Promise.resolve(data.length),
  closeWrite: () => Promise.resolve(),
};

/**
 * Collects the reply to a datagram.
 *
 * A write is done at once, and most replies are one: that takes no more than a
 * buffer that has been used before. (By way of a sink and a copy of its own, a
 * datagram took an eighth longer.)
 */
export class ReplyWriter extends ResponseWriter {
  #reply: Uint8Array | null = null;

  constructor() {
    super(NOWHERE);
  }

  /**
   * Gives away all that has been written; `null` if nothing was. It is for
   * `reuse()` when it has been sent: nothing here may point to it any more.
   */
  takeReply(): Uint8Array | null {
    const reply = this.#reply;
    this.#reply = null;
    return reply;
  }

  /** Keeps what could not be sent. A copy, as it might be read from still. */
  keepReply(reply: Uint8Array): void {
    const since = this.#reply;
    this.#reply = reply.slice();
    if (since !== null) this.#reply = joined(this.#reply, since);
  }

  override get pending(): number {
    return this.#reply?.length ?? 0;
  }

  override write(
    data: string | ArrayBufferView | ArrayBuffer,
  ): Promise<number> {
    if (!this.isOpen) return super.write(data); // it says why
    const before = this.#reply;
    let piece: Uint8Array;
    try {
      piece = typeof data === "string"
        ? encoded(data)
        : copied(dataBytes(data));
    } catch (error) {
      return Promise.reject(error);
    }
    this.#reply = before === null ? piece : joined(before, piece);
    return Promise.resolve(piece.length);
  }
}

/** Puts a piece behind what begins its memory; that grows when it must. */
function joined(before: Uint8Array, piece: Uint8Array): Uint8Array {
  const size = before.length + piece.length;
  let memory = new Uint8Array(before.buffer);
  if (memory.length < size) {
    memory = new Uint8Array(2 * size);
    memory.set(before);
  }
  memory.set(piece, before.length);
  reuse(piece);
  return memory.subarray(0, size);
}
