import { RemoteProtocolError } from "../errors.ts";
import { Condition } from "../streams/condition.ts";
import type { SendFrame } from "./frame_sender.ts";
import { FrameType, MAX_DATA, WINDOW } from "./frames.ts";

/** Data on its way out: it is sent as far as the other side has granted. */
export class Outflow {
  readonly #send: SendFrame;
  readonly #changed = new Condition();
  #credit = WINDOW;

  constructor(send: SendFrame) {
    this.#send = send;
  }

  /** How many bytes may be sent now. */
  get credit(): number {
    return this.#credit;
  }

  /**
   * Sends the beginning of `data`: what one frame may hold, and credit allows.
   *
   * @returns How many bytes were sent.
   */
  send(data: Uint8Array): number {
    const count = Math.min(data.length, this.#credit, MAX_DATA);
    this.#send(FrameType.data, data.subarray(0, count));
    this.#credit -= count;
    return count;
  }

  /**
   * Adds what the other side grants.
   *
   * @throws {RemoteProtocolError} If it is more than has been sent.
   */
  grant(count: number): void {
    const credit = this.#credit + count;
    if (credit > WINDOW) {
      throw new RemoteProtocolError(
        `Cannot take credit as it must not exceed ${WINDOW} bytes: current value is ${credit}`,
      );
    }
    this.#credit = credit;
    this.wake();
  }

  /**
   * Resolves at the next grant, or when {@linkcode Outflow.wake} is called.
   * Others may have waited too, and have been faster: check again.
   */
  wait(): Promise<void> {
    return this.#changed.wait();
  }

  /** Ends the wait without a grant: waiters must check what has happened. */
  wake(): void {
    this.#changed.notify();
  }
}
