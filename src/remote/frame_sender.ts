import { type FrameType, HEADER_SIZE } from "./frames.ts";

const SMALLEST_BATCH = 1024;
/** A buffer that is so many times too large for its batch is not used again. */
const MOST_ROOM = 4;
/** Of this size and more, data tends to be a part of a larger whole. */
const LARGE_PAYLOAD = 4096;
/** A batch of this size is sent at once. */
const LARGEST_BATCH = 1_048_576;
const NOTHING = new Uint8Array(0);

/**
 * Takes a batch of whole frames to the other side, in order.
 *
 * @returns `true` if it has copied the batch, whose buffer is free again.
 */
export type Carrier = (batch: Uint8Array<ArrayBuffer>) => unknown;

/** Sends a frame of one request; the payload is copied. */
export type SendFrame = (type: FrameType, payload?: Uint8Array) => void;

/**
 * Collects frames and sends them together.
 *
 * A message between isolates costs some 30 µs whatever its size, more than all
 * the rest of a small request. A frame is sent when the code that runs now has
 * ended; or, if others are likely to follow, when the event loop has handled
 * everything that has happened. That takes longer than a lone client should
 * have to wait. A large batch does not wait.
 */
export class FrameSender {
  readonly #carrier: Carrier;
  readonly #isBusy: () => boolean;
  readonly #headSize: number;
  #batch: Uint8Array<ArrayBuffer> = new Uint8Array(SMALLEST_BATCH);
  #view = new DataView(this.#batch.buffer);
  #length: number;

  /**
   * Creates an instance over a carrier.
   *
   * @param isBusy Whether several requests are being handled.
   * @param headSize How many bytes of a batch before its frames are left to the
   * carrier, for what it puts there.
   */
  constructor(carrier: Carrier, isBusy: () => boolean, headSize = 0) {
    this.#carrier = carrier;
    this.#isBusy = isBusy;
    this.#headSize = this.#length = headSize;
  }

  /** Makes the function that sends the frames of a request. */
  forRequest(id: number): SendFrame {
    return (type, payload) => this.send(type, id, payload);
  }

  /** Adds a frame to the batch; the payload is copied. */
  send(type: FrameType, id: number, payload: Uint8Array = NOTHING): void {
    if (this.#length === this.#headSize) {
      const more = this.#isBusy() || payload.length >= LARGE_PAYLOAD;
      (more ? setImmediate : queueMicrotask)(() => this.flush());
    }
    const end = this.#length + HEADER_SIZE + payload.length;
    if (end > this.#batch.length) this.#grow(end);
    this.#view.setUint32(this.#length, payload.length);
    this.#view.setUint8(this.#length + 4, type);
    this.#view.setUint32(this.#length + 5, id);
    this.#batch.set(payload, this.#length + HEADER_SIZE);
    this.#length = end;
    if (end >= LARGEST_BATCH) this.flush();
  }

  /** Sends what has been collected, without waiting for more. */
  flush(): void {
    if (this.#length === this.#headSize) return;
    const batch = this.#batch.subarray(0, this.#length);
    this.#length = this.#headSize;
    // Traffic tends to stay the same, so the next batch has this one's size.
    const size = Math.max(SMALLEST_BATCH, batch.length);
    const isFree = this.#carrier(batch) === true; // or else it may be detached
    if (isFree && this.#batch.length <= size * MOST_ROOM) return;
    this.#batch = new Uint8Array(size);
    this.#view = new DataView(this.#batch.buffer);
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#batch.length * 2));
    larger.set(this.#batch.subarray(0, this.#length));
    this.#batch = larger;
    this.#view = new DataView(larger.buffer);
  }
}
