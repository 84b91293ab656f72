import { withinTimeLimit } from "../streams/time_limit.ts";
import type { StreamRequest } from "../types.ts";
import type { SendFrame } from "./frame_sender.ts";
import { Inflow } from "./inflow.ts";

const NOTHING = new Uint8Array(0);

/** How far a one-time step has come. */
type Step = "none" | "asked" | "done";

/** The way from a far handler to its client: does what was asked for, in order. */
export class NearOutput {
  readonly #connection: StreamRequest;
  readonly #inflow: Inflow;
  readonly #onLoss: (error: unknown) => void;
  /** Whether an empty write was asked for: is the client still there? */
  #probing = false;
  #writeClosing: Step = "none";
  #closing: Step = "none";
  #working: Promise<void> | null = null;
  /** Why the client takes nothing any more. */
  #loss: { readonly error: unknown } | null = null;
  /** The longest that the client may take for one write, in seconds. */
  writeLimit: number | null = null;

  /**
   * Creates an instance.
   *
   * @param onLoss Learns why the client takes nothing any more.
   */
  constructor(
    connection: StreamRequest,
    send: SendFrame,
    onLoss: (error: unknown) => void,
  ) {
    this.#connection = connection;
    this.#inflow = new Inflow(send);
    this.#onLoss = onLoss;
  }

  /**
   * Sends data to the client; without bytes, sees whether it is still there.
   *
   * @throws {RemoteProtocolError} If the data breaks the rules.
   */
  write(data: Uint8Array<ArrayBuffer>): void {
    this.#inflow.receive(data, this.#working === null);
    if (data.length === 0) this.#probing = true;
    this.#work();
  }

  /** Tells the client that no more will come. */
  closeWrite(): void {
    this.#inflow.end();
    if (this.#writeClosing === "none") this.#writeClosing = "asked";
    this.#work();
  }

  /** Closes the connection. */
  close(): void {
    this.#inflow.end();
    if (this.#closing === "none") this.#closing = "asked";
    this.#work();
  }

  /**
   * Waits until nothing is left to be done, for a handler that has ended.
   *
   * @throws {unknown} What became of a write, if the client did not get all.
   */
  async finish(): Promise<void> {
    this.#inflow.stopGranting();
    if (this.#working !== null) await this.#working;
    if (this.#loss !== null && this.#inflow.length > 0) throw this.#loss.error;
  }

  #work(): Promise<void> {
    return this.#working ??= this.#workOff();
  }

  async #workOff(): Promise<void> {
    // Not in the middle of a batch: what its frames lead to is sent together.
    await null;
    try {
      while (this.#loss === null) {
        if (this.#inflow.length > 0) {
          const writing = this.#connection.write(this.#inflow.first);
          const count = await (this.writeLimit === null
            ? writing
            : this.#inTime(writing, this.writeLimit));
          this.#inflow.skip(count);
        } else if (this.#probing) {
          this.#probing = false;
          await this.#connection.write(NOTHING);
        } else if (this.#writeClosing === "asked") {
          this.#writeClosing = "done";
          await this.#connection.closeWrite();
        } else if (this.#closing === "asked") {
          this.#closing = "done";
          this.#connection.close();
        } else break;
      }
    } catch (error) {
      this.#loss = { error };
      this.#onLoss(error);
    }
    this.#working = null;
  }

  #inTime(writing: Promise<number>, limit: number): Promise<number> {
    return withinTimeLimit(writing, limit, "write", this.#connection);
  }
}
