import { type FrameType, HEADER_SIZE } from "./frames.ts";

const SMALLEST_BATCH = 1024;
const NOTHING = new Uint8Array(0);

/** Takes a batch of whole frames to the other side, in order. */
export type Carrier = (batch: Uint8Array<ArrayBuffer>) => void;

/**
 * Collects the frames of one turn of the event loop and sends them together.
 *
 * A message between isolates costs some 30 µs whatever its size, more than
 * all the rest of a small request; so the frames of all requests that are
 * answered in one turn share one.
 */
export class FrameSender {
  readonly #carrier: Carrier;
  #batch: Uint8Array<ArrayBuffer> = new Uint8Array(SMALLEST_BATCH);
  #view = new DataView(this.#batch.buffer);
  #length = 0;

  /** Creates an instance over a carrier. */
  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** Adds a frame to the batch; the payload is copied. */
  send(type: FrameType, id: number, payload: Uint8Array = NOTHING): void {
    if (this.#length === 0) queueMicrotask(() => this.#flush());
    const end = this.#length + HEADER_SIZE + payload.length;
    if (end > this.#batch.length) this.#grow(end);
    this.#view.setUint32(this.#length, payload.length);
    this.#view.setUint8(this.#length + 4, type);
    this.#view.setUint32(this.#length + 5, id);
    this.#batch.set(payload, this.#length + HEADER_SIZE);
    this.#length = end;
  }

  #grow(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, this.#batch.length * 2));
    larger.set(this.#batch.subarray(0, this.#length));
    this.#batch = larger;
    this.#view = new DataView(larger.buffer);
  }

  #flush(): void {
    const batch = this.#batch.subarray(0, this.#length);
    // The carrier may give the buffer away, so the next batch has its own; of
    // the size of this one, as traffic tends to go on as it is.
    const next = Math.max(SMALLEST_BATCH, this.#length);
    this.#batch = new Uint8Array(next);
    this.#view = new DataView(this.#batch.buffer);
    this.#length = 0;
    this.#carrier(batch);
  }
}
