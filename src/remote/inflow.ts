import { RemoteProtocolError } from "../errors.ts";
import { ByteQueue } from "./byte_queue.ts";
import type { SendFrame } from "./frame_sender.ts";
import {
  creditPayload,
  FrameType,
  GRANT_SIZE,
  MAX_DATA,
  WINDOW,
} from "./frames.ts";

/** Data on its way in: it waits to be taken, and is then granted again. */
export class Inflow {
  readonly #send: SendFrame;
  readonly #queue = new ByteQueue();
  /** How many bytes have been taken and not been granted again. */
  #taken = 0;
  #granting = true;
  #ended = false;

  constructor(send: SendFrame) {
    this.#send = send;
  }

  /** How many bytes wait to be taken. */
  get length(): number {
    return this.#queue.length;
  }

  /** The first bytes, as they came; there must be some. */
  get first(): Uint8Array {
    return this.#queue.first;
  }

  /** Whether no more data will come. */
  get ended(): boolean {
    return this.#ended;
  }

  /**
   * Takes the payload of a `data` frame.
   *
   * @param awaited Whether somebody waits to take it at once.
   * @throws {RemoteProtocolError} If it is too large, more than was granted, or
   * comes after the end.
   */
  receive(data: Uint8Array<ArrayBuffer>, awaited: boolean): void {
    if (data.length > MAX_DATA) {
      throw new RemoteProtocolError(
        `Cannot take data as a frame must hold at most ${MAX_DATA} bytes of it: current value is ${data.length}`,
      );
    }
    if (this.#ended) {
      throw new RemoteProtocolError(
        "Cannot take data as it must not follow its end",
      );
    }
    const ungranted = this.length + this.#taken + data.length;
    if (ungranted > WINDOW) {
      throw new RemoteProtocolError(
        `Cannot take more data as at most ${WINDOW} bytes may be on their way: current value is ${ungranted}`,
      );
    }
    this.#queue.push(data, awaited);
  }

  /** Notes that no data may follow. */
  end(): void {
    this.#ended = true;
  }

  /** Grants nothing more, as the other side has no more use for it. */
  stopGranting(): void {
    this.#granting = false;
  }

  /** Takes the first `count` bytes, which must be among `first`. */
  skip(count: number): void {
    this.#queue.skip(count);
    this.#grant(count);
  }

  /** Takes as many bytes as there are and `buffer` has room for. */
  readInto(buffer: Uint8Array): number {
    const count = this.#queue.moveInto(buffer);
    this.#grant(count);
    return count;
  }

  /** Drops what waits, without granting it again. */
  clear(): void {
    this.#queue.clear();
  }

  #grant(count: number): void {
    this.#taken += count;
    if (this.#taken < GRANT_SIZE || !this.#granting) return;
    this.#send(FrameType.credit, creditPayload(this.#taken));
    this.#taken = 0;
  }
}
