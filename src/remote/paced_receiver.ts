import type { RemoteProtocolError } from "../errors.ts";
import { type FrameListener, FrameReceiver } from "./frame_receiver.ts";
import { FrameType, TURN_FRAMES } from "./frames.ts";
import { TurnBudget } from "./turn_budget.ts";

/** As how many frames one counts that makes more work than others, by type. */
const COSTS: Partial<Record<FrameType, number>> = {
  [FrameType.reply]: 2,
  [FrameType.failed]: 8,
  [FrameType.noDelay]: 16,
  [FrameType.keepAlive]: 16,
  [FrameType.fault]: 512,
  [FrameType.shutdown]: TURN_FRAMES,
};
/** As how many one counts that is refused: an error is made of it. */
const COST_OF_REJECTED = 8;

/**
 * Takes the frames of a far side, so many in a turn of the event loop: however
 * much it sends, others have their turn.
 */
export class PacedReceiver implements FrameListener {
  readonly #listener: FrameListener;
  readonly #receiver = new FrameReceiver(this);
  readonly #budget = new TurnBudget();
  /** Lasts while bytes wait for the next turn. */
  #pause: Promise<void> | undefined;
  #closed = false;

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
    if (this.#closed) return undefined;
    this.#receiver.push(bytes);
    this.#count(1, 0);
    return this.#pause;
  }

  /** Drops what waits, and what comes. */
  close(): void {
    this.#closed = true;
    this.#receiver.close();
    this.#budget.end();
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

  #count(frames: number, bytes: number): void {
    if (!this.#budget.spend(frames, bytes) || this.#closed) return;
    this.#receiver.pause();
    this.#pause ??= this.#takeRest();
  }

  async #takeRest(): Promise<void> {
    do {
      await this.#budget.renew();
      this.#receiver.resume();
    } while (this.#receiver.paused);
    this.#pause = undefined;
  }
}
