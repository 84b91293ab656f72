import type { SendFrame } from "./frame_sender.ts";
import { Inflow } from "./inflow.ts";

/** A read that waits for the client. */
interface WaitingRead {
  readonly buffer: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: unknown) => void;
}

/** What a far handler reads of its client: what has come, or who waits for it. */
export class FarInput {
  readonly #inflow: Inflow;
  #waiting: WaitingRead | null = null;
  #closed = false;
  /** Makes the error that says why nothing more will come. */
  #failure: (() => Error) | null = null;

  constructor(send: SendFrame) {
    this.#inflow = new Inflow(send);
  }

  /**
   * Reads what has come, or waits for it.
   *
   * @throws {Deno.errors.Busy} If another read waits.
   */
  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== null) {
        throw new Deno.errors.Busy("Cannot read as another read is waiting");
      }
      this.#waiting = { buffer, resolve, reject };
      this.#settle();
    });
  }

  /** Takes the payload of a `data` frame. */
  receive(data: Uint8Array<ArrayBuffer>): void {
    const isFirst = this.#waiting !== null && this.#inflow.length === 0;
    this.#inflow.receive(data, isFirst);
    if (this.#closed) this.#inflow.clear(); // it was on its way
    // A read is to find all that comes together.
    else if (isFirst) queueMicrotask(() => this.#settle());
  }

  /** No more will come: the client has ended. */
  end(): void {
    this.#inflow.end();
    this.#inflow.stopGranting();
    this.#settle();
  }

  /** No more will come: every read rejects that finds nothing. */
  fail(failure: () => Error): void {
    this.#failure = failure;
    this.#inflow.stopGranting();
    this.#settle();
  }

  /** Interrupts the read that waits, and drops what has come: all others reject. */
  close(failure: () => Error): void {
    this.#closed = true;
    this.#inflow.clear();
    this.#waiting?.reject(
      new Deno.errors.Interrupted("The connection was closed meanwhile"),
    );
    this.#waiting = null;
    this.fail(failure);
  }

  /** Settles the read that waits, if there is something to tell it. */
  #settle(): void {
    if (this.#waiting === null) return;
    const { buffer, resolve, reject } = this.#waiting;
    if (this.#inflow.length > 0) {
      try {
        resolve(this.#inflow.readInto(buffer));
      } catch (error) {
        reject(error); // it is no buffer
      }
    } else if (this.#failure !== null) reject(this.#failure());
    else if (this.#inflow.ended) resolve(null);
    else return;
    this.#waiting = null;
  }
}
