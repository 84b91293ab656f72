import { RemoteProtocolError } from "../errors.ts";
import { ByteQueue } from "./byte_queue.ts";
import { FrameType, HEADER_SIZE, MAX_PAYLOAD } from "./frames.ts";

const NOTHING = new Uint8Array(0);
const KNOWN_TYPES = new Set<number>(Object.values(FrameType));

/** Takes the frames of a {@linkcode FrameReceiver}. */
export interface FrameListener {
  /** Takes a frame. The payload may be kept. */
  receive(
    type: FrameType,
    id: number,
    payload: Uint8Array<ArrayBuffer>,
  ): void;
  /** Learns that a frame of a request could not be read, and was left out. */
  reject(id: number, error: RemoteProtocolError): void;
}

/** Finds the frames in what a carrier brings, however it was cut. */
export class FrameReceiver {
  readonly #listener: FrameListener;
  /** The beginning of a frame whose end has not come, and room for more. */
  #rest: Uint8Array<ArrayBuffer> = NOTHING;
  /** How many bytes of that there are. */
  #length = 0;
  /** How many bytes are left of a frame that is too large to be read. */
  #skipping = 0;
  /** What came during a pause. */
  readonly #later = new ByteQueue();
  #paused = false;
  #closed = false;

  /** Creates an instance that passes frames to a listener. */
  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** Whether frames wait for the end of a pause. */
  get paused(): boolean {
    return this.#paused && !this.#closed;
  }

  /** How many bytes wait: for the end of a pause, or of their frame. */
  get waiting(): number {
    return this.#length + this.#later.length;
  }

  /** Takes the next bytes. They belong to the receiver from now on. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    if (!this.#paused) this.#take(bytes);
    else if (!this.#closed) this.#later.push(bytes, false);
  }

  /** Passes on no further frame until {@linkcode FrameReceiver.resume}. */
  pause(): void {
    this.#paused = true;
  }

  /** Passes on what has waited, in order. A frame may lead to another pause. */
  resume(): void {
    if (this.#closed) return;
    this.#paused = false;
    this.#take(NOTHING);
    while (!this.#paused && this.#later.length > 0) {
      const bytes = this.#later.first;
      this.#later.skip(bytes.length);
      this.#take(bytes);
    }
  }

  /** Drops what waits, and what comes. */
  close(): void {
    this.#paused = this.#closed = true;
    this.#rest = NOTHING;
    this.#length = 0;
    this.#later.clear();
  }

  #take(bytes: Uint8Array<ArrayBuffer>): void {
    const input = this.#length === 0 ? bytes : this.#joined(bytes);
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    let at = Math.min(this.#skipping, input.length);
    this.#skipping -= at;
    while (!this.#paused && input.length - at >= HEADER_SIZE) {
      const length = view.getUint32(at);
      const type = view.getUint8(at + 4);
      const id = view.getUint32(at + 5);
      const start = at + HEADER_SIZE;
      if (length > MAX_PAYLOAD) {
        this.#listener.reject(id, tooLarge(length));
        at = Math.min(start + length, input.length);
        this.#skipping = start + length - at;
        continue;
      }
      if (start + length > input.length) break;
      at = start + length;
      if (isFrameType(type)) {
        this.#listener.receive(type, id, input.subarray(start, at));
      } else {
        this.#listener.reject(id, unknownType(type));
      }
    }
    if (this.#closed) return;
    // Payloads may be kept, so nothing is added behind them in their buffer.
    if (at > 0 || input === bytes) this.#rest = input.subarray(at);
    this.#length = input.length - at;
  }

  /**
   * Adds bytes to the rest. Its room is doubled: a frame that comes in crumbs is
   * not to be copied once for each.
   */
  #joined(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const length = this.#length + bytes.length;
    if (length > this.#rest.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#length));
      larger.set(this.#rest.subarray(0, this.#length));
      this.#rest = larger;
    }
    this.#rest.set(bytes, this.#length);
    this.#length = length;
    return this.#rest.subarray(0, length);
  }
}

function isFrameType(type: number): type is FrameType {
  return KNOWN_TYPES.has(type);
}

function tooLarge(length: number): RemoteProtocolError {
  return new RemoteProtocolError(
    `Cannot read a frame as it must not be larger than ${MAX_PAYLOAD} bytes: current value is ${length}`,
  );
}

function unknownType(type: number): RemoteProtocolError {
  return new RemoteProtocolError(
    `Cannot read a frame as its type must be known: current value is ${type}`,
  );
}
