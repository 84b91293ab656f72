import { Condition } from "../streams/condition.ts";
import { LIMIT_WRITES } from "../streams/limit_writes.ts";
import type { StreamRequest } from "../types.ts";
import type { FarRequest } from "./far_request.ts";
import {
  FrameType,
  limitPayload,
  type Opening,
  unexpectedFrame,
} from "./frames.ts";
import type { SendFrame } from "./frame_sender.ts";
import { Inflow } from "./inflow.ts";
import { Outflow } from "./outflow.ts";
import { creditOf } from "./payload_checks.ts";

/** A client's connection as seen by a handler that runs elsewhere. */
export class FarStream implements StreamRequest, FarRequest {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly setNoDelay?: (noDelay?: boolean) => void;
  readonly #send: SendFrame;
  readonly #fromClient: Inflow;
  readonly #toClient: Outflow;
  /** Notified when a read may find something new. */
  readonly #arrival = new Condition();
  /** Whether a read waits for that. */
  #reading = false;
  #writeClosed = false;
  #closed = false;
  /** Why reading and writing have become impossible. */
  #failure: Error | null = null;

  constructor(send: SendFrame, opening: Opening) {
    this.#send = send;
    this.#fromClient = new Inflow(send);
    this.#toClient = new Outflow(send);
    this.localAddr = opening.localAddr;
    this.remoteAddr = opening.remoteAddr ?? opening.clientAddress;
    if (opening.noDelay) {
      this.setNoDelay = (noDelay = true) => this.#sendNoDelay(noDelay);
    }
  }

  get request(): StreamRequest {
    return this;
  }

  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#reading) {
      throw new Deno.errors.Busy("Cannot read as another read is waiting");
    }
    while (this.#fromClient.length === 0) {
      if (this.#failure !== null) throw this.#failure;
      if (this.#fromClient.ended) return null;
      this.#reading = true;
      await this.#arrival.wait();
      if (this.#closed) {
        throw new Deno.errors.Interrupted(
          "The connection was closed meanwhile",
        );
      }
    }
    return this.#fromClient.readInto(buffer);
  }

  async write(data: Uint8Array): Promise<number> {
    this.#checkWritable();
    while (this.#toClient.credit === 0) {
      await this.#toClient.wait();
      this.#checkWritable();
    }
    return this.#toClient.send(data);
  }

  closeWrite(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (!this.#writeClosed) this.#send(FrameType.end);
    this.#writeClosed = true;
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) return;
    if (this.#failure === null) this.#send(FrameType.close);
    this.#closed = true;
    this.#failure = new Deno.errors.BadResource("The connection is closed");
    this.#fromClient.clear();
    this.#wakeReader();
    this.#toClient.wake();
  }

  /** Says how long the client may take for each write, in seconds. */
  [LIMIT_WRITES](seconds: number): void {
    if (this.#failure !== null) return;
    this.#send(FrameType.limit, limitPayload(seconds));
  }

  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    switch (type) {
      case FrameType.data:
        this.#fromClient.receive(payload, this.#reading);
        if (this.#closed) this.#fromClient.clear(); // it was on its way
        return this.#wakeReader();
      case FrameType.end:
        this.#fromClient.end();
        this.#fromClient.stopGranting();
        return this.#wakeReader();
      case FrameType.credit:
        return this.#toClient.grant(creditOf(payload));
      default:
        throw unexpectedFrame(type, "connection");
    }
  }

  /**
   * Makes every write reject, and every read that finds nothing: what has come
   * can still be read.
   */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#wakeReader();
    this.#toClient.wake();
  }

  end(error: Error): void {
    this.#closed = true;
    this.fail(error);
  }

  settled(): null {
    return null; // what was written is on its way, in order
  }

  #wakeReader(): void {
    this.#reading = false;
    this.#arrival.notify();
  }

  #checkWritable(): void {
    if (this.#failure !== null) throw this.#failure;
    if (this.#writeClosed) {
      throw new Deno.errors.BrokenPipe("Cannot write after closeWrite()");
    }
  }

  #sendNoDelay(noDelay: boolean): void {
    if (this.#failure !== null) throw this.#failure;
    this.#send(FrameType.noDelay, new Uint8Array([noDelay ? 1 : 0]));
  }
}
