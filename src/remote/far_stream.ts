import { RemoteProtocolError } from "../errors.ts";
import type { StreamRequest } from "../types.ts";
import { ByteQueue } from "./byte_queue.ts";
import {
  checkData,
  creditOf,
  creditPayload,
  FrameType,
  GRANT_SIZE,
  limitPayload,
  MAX_DATA,
  type Opening,
  WINDOW,
} from "./frames.ts";
import type { FrameSender } from "./frame_sender.ts";
import { Outflow } from "./outflow.ts";

/** A client's connection as a handler sees it that runs elsewhere. */
export class FarStream implements StreamRequest {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly setNoDelay?: (noDelay?: boolean) => void;
  readonly #id: number;
  readonly #sender: FrameSender;
  readonly #credit = new Outflow();

  /** What has come and has not been read. */
  readonly #unread = new ByteQueue();
  /** How many bytes have been read that have not been granted again. */
  #consumed = 0;
  #ended = false;
  #writeClosed = false;
  #closed = false;
  /** Why reading and writing have become impossible. */
  #failure: Error | null = null;
  /** Resolved when there is something new to be read. */
  #arrival: PromiseWithResolvers<void> | null = null;

  constructor(
    id: number,
    sender: FrameSender,
    { localAddr, clientAddress, remoteAddr, noDelay }: Opening,
  ) {
    this.#id = id;
    this.#sender = sender;
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr ?? clientAddress;
    if (noDelay) this.setNoDelay = (off = true) => this.#setNoDelay(off);
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#arrival !== null) {
      throw new Deno.errors.Busy("Cannot read as another read is waiting");
    }
    while (this.#unread.length === 0) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#ended) return null;
      this.#arrival = Promise.withResolvers();
      await this.#arrival.promise;
    }
    return this.#takeInto(buffer);
  }

  async write(data: Uint8Array): Promise<number> {
    do {
      await this.#credit.wait();
      if (this.#failure !== null) throw this.#failure;
      if (this.#writeClosed) {
        throw new Deno.errors.BrokenPipe("Cannot write after closeWrite()");
      }
    } while (this.#credit.bytes === 0);
    const count = Math.min(data.length, this.#credit.bytes, MAX_DATA);
    this.#sender.send(FrameType.data, this.#id, data.subarray(0, count));
    this.#credit.spend(count);
    return count;
  }

  closeWrite(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (!this.#writeClosed) this.#sender.send(FrameType.end, this.#id);
    this.#writeClosed = true;
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#failure === null) this.#sender.send(FrameType.close, this.#id);
    this.#unread.clear();
    this.#arrival?.reject(
      new Deno.errors.Interrupted("The connection was closed meanwhile"),
    );
    this.#arrival = null;
    this.#failure = new Deno.errors.BadResource("The connection is closed");
    this.#credit.wake();
  }

  limitWrites(seconds: number): void {
    if (this.#failure !== null) return;
    this.#sender.send(FrameType.limit, this.#id, limitPayload(seconds));
  }

  /** Takes a frame of the request. */
  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    switch (type) {
      case FrameType.data:
        return this.#store(payload);
      case FrameType.end:
        this.#ended = true;
        return this.#wake();
      case FrameType.credit:
        return this.#credit.grant(creditOf(payload));
      default:
        throw new RemoteProtocolError(
          `Cannot take a frame of type ${type} for a connection`,
        );
    }
  }

  /**
   * Makes every write reject, and every read that finds nothing: what has come
   * can still be read.
   */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#credit.wake();
    this.#wake();
  }

  #setNoDelay(noDelay: boolean): void {
    if (this.#failure !== null) throw this.#failure;
    const payload = new Uint8Array([noDelay ? 1 : 0]);
    this.#sender.send(FrameType.noDelay, this.#id, payload);
  }

  #store(data: Uint8Array): void {
    checkData(data);
    if (this.#ended) {
      throw new RemoteProtocolError(
        "Cannot take data as it must not follow its end",
      );
    }
    if (this.#closed) return; // it was on its way
    const waiting = this.#unread.length + this.#consumed + data.length;
    if (waiting > WINDOW) {
      throw new RemoteProtocolError(
        `Cannot take more data as at most ${WINDOW} bytes may be on their way: current value is ${waiting}`,
      );
    }
    this.#unread.push(data, this.#arrival !== null);
    this.#wake();
  }

  #wake(): void {
    this.#arrival?.resolve();
    this.#arrival = null;
  }

  #takeInto(buffer: Uint8Array): number {
    let count = 0;
    while (count < buffer.length && this.#unread.length > 0) {
      const part = this.#unread.first.subarray(0, buffer.length - count);
      buffer.set(part, count);
      count += part.length;
      this.#unread.skip(part.length);
    }
    this.#consumed += count;
    if (this.#consumed >= GRANT_SIZE && !this.#ended) {
      const payload = creditPayload(this.#consumed);
      this.#sender.send(FrameType.credit, this.#id, payload);
      this.#consumed = 0;
    }
    return count;
  }
}
