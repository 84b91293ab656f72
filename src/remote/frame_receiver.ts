import { RemoteProtocolError } from "../errors.ts";
import { concat } from "@std/bytes/concat";
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
  /** The beginning of a frame whose end has not come. */
  #rest: Uint8Array<ArrayBuffer> = NOTHING;
  /** How many bytes are left of a frame that is too large to be read. */
  #skipping = 0;

  /** Creates an instance that passes frames to a listener. */
  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** Takes the next bytes. They belong to the receiver from now on. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    const input = this.#rest.length === 0 ? bytes : concat([this.#rest, bytes]);
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    let at = Math.min(this.#skipping, input.length);
    this.#skipping -= at;
    while (input.length - at >= HEADER_SIZE) {
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
    this.#rest = input.subarray(at);
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
