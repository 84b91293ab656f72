import { RemoteProtocolError } from "../errors.ts";
import type { StreamRequest } from "../types.ts";
import {
  creditOf,
  creditPayload,
  FrameType,
  GRANT_SIZE,
  MAX_DATA,
  WINDOW,
} from "./frames.ts";
import type { FrameSender } from "./frame_sender.ts";
import { SendCredit } from "./send_credit.ts";

/** A client's connection as a handler sees it that runs elsewhere. */
export class FarConnection implements StreamRequest {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly #id: number;
  readonly #sender: FrameSender;
  readonly #credit = new SendCredit();

  /** What has come and has not been read; the first may be read in part. */
  readonly #pieces: Uint8Array[] = [];
  #unread = 0;
  #consumed = 0;
  #ended = false;
  #writeClosed = false;
  /** Why reading and writing have become impossible. */
  #failure: Error | null = null;
  /** Resolved when there is something new to be read. */
  #arrival: PromiseWithResolvers<void> | null = null;

  constructor(
    id: number,
    sender: FrameSender,
    localAddr: Deno.Addr,
    remoteAddr: Deno.Addr,
  ) {
    this.#id = id;
    this.#sender = sender;
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#arrival !== null) {
      throw new Deno.errors.Busy("Cannot read as another read is waiting");
    }
    while (this.#unread === 0) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#ended) return null;
      this.#arrival = Promise.withResolvers();
      await this.#arrival.promise;
    }
    return this.#takeInto(buffer);
  }

  async write(data: Uint8Array): Promise<number> {
    await this.#credit.wait();
    if (this.#failure !== null) throw this.#failure;
    if (this.#writeClosed) {
      throw new Deno.errors.BrokenPipe("Cannot write after closeWrite()");
    }
    const count = Math.min(data.length, this.#credit.bytes, MAX_DATA);
    this.#credit.spend(count);
    this.#sender.send(FrameType.data, this.#id, data.subarray(0, count));
    return count;
  }

  closeWrite(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (!this.#writeClosed) this.#sender.send(FrameType.end, this.#id);
    this.#writeClosed = true;
    return Promise.resolve();
  }

  close(): void {
    const wasOpen = this.#failure === null;
    this.fail(new Deno.errors.BadResource("The connection is closed"));
    if (wasOpen) this.#sender.send(FrameType.close, this.#id);
  }

  setNoDelay(noDelay = true): void {
    const payload = new Uint8Array([noDelay ? 1 : 0]);
    this.#sender.send(FrameType.noDelay, this.#id, payload);
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

  /** Makes every read and write reject, once what has come has been read. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#credit.wake();
    this.#wake();
  }

  #store(data: Uint8Array): void {
    if (this.#unread + this.#consumed + data.length > WINDOW) {
      throw new RemoteProtocolError(
        `Cannot take more data as at most ${WINDOW} bytes may be on their way: current value is ${
          this.#unread + data.length
        }`,
      );
    }
    this.#pieces.push(data);
    this.#unread += data.length;
    this.#wake();
  }

  #wake(): void {
    this.#arrival?.resolve();
    this.#arrival = null;
  }

  #takeInto(buffer: Uint8Array): number {
    let count = 0;
    while (count < buffer.length && this.#pieces.length > 0) {
      const piece = this.#pieces[0]!;
      const part = piece.subarray(0, buffer.length - count);
      buffer.set(part, count);
      count += part.length;
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
    }
    this.#unread -= count;
    this.#consumed += count;
    if (this.#consumed >= GRANT_SIZE && !this.#ended) {
      const payload = creditPayload(this.#consumed);
      this.#sender.send(FrameType.credit, this.#id, payload);
      this.#consumed = 0;
    }
    return count;
  }
}
