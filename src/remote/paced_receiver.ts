import type { RemoteProtocolError } from "../errors.ts";
import { type FrameListener, FrameReceiver } from "./frame_receiver.ts";
import { FrameType, TURN_BYTES, TURN_FRAMES } from "./frames.ts";

/** How many frames one of a type counts as, if it makes more work. */
const COSTS: Partial<Record<FrameType, number>> = {
  [FrameType.reply]: 4,
  [FrameType.failed]: 8,
  [FrameType.shutdown]: 64,
  [FrameType.fault]: 128,
};
/** An error is made of it. */
const COST_OF_REJECTED = 8;

/**
 * Takes the frames of a far side, so many in a turn of the event loop: however
 * much it sends, others have their turn.
 */
export class PacedReceiver implements FrameListener {
  readonly #listener: FrameListener;
  readonly #receiver = new FrameReceiver(this);
  #frames = 0;
  #bytes = 0;
  /** Lasts while bytes wait for the next turn. */
  #pause: Promise<void> | undefined;

  /** Creates an instance that passes frames to a listener. */
  constructor(listener: FrameListener) {
    this.#listener = listener;
  }

  /** How many bytes wait. */
  get waiting(): number {
    return this.#receiver.waiting;
  }

  /**
   * Takes the next bytes. They belong to the receiver from now on.
   *
   * @returns A promise that resolves when none wait any more, and never rejects;
   * nothing if none do.
   */
  push(bytes: Uint8Array<ArrayBuffer>): Promise<void> | undefined {
    this.#receiver.push(bytes);
    this.#count(1, 0);
    return this.#pause;
  }

  /** Drops what waits, and what comes. */
  close(): void {
    this.#receiver.close();
  }

  /** Takes a frame. */
  receive(type: FrameType, id: number, payload: Uint8Array<ArrayBuffer>): void {
    this.#listener.receive(type, id, payload);
    this.#count(COSTS[type] ?? 1, payload.length);
  }

  /** Takes what is no frame. */
  reject(id: number, error: RemoteProtocolError): void {
    this.#listener.reject(id, error);
    this.#count(COST_OF_REJECTED, 0);
  }

  // The turns themselves are not counted, which would cost each of them: that an
  // honest far side waits once in so many frames is not noticed.
  #count(frames: number, bytes: number): void {
    this.#frames += frames;
    this.#bytes += bytes;
    if (this.#frames < TURN_FRAMES && this.#bytes < TURN_BYTES) return;
    this.#receiver.pause();
    this.#pause ??= this.#takeRest();
  }

  async #takeRest(): Promise<void> {
    do {
      await new Promise((resolve) => setImmediate(resolve));
      this.#frames = this.#bytes = 0;
      this.#receiver.resume();
    } while (this.#receiver.paused);
    this.#pause = undefined;
  }
}
