import { LIMIT_WRITES } from "../streams/limit_writes.ts";
import type { StreamRequest, TlsInfo } from "../types.ts";
import { FarRequest } from "./far_request.ts";
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
import { toTlsInfo } from "./tls_record.ts";

/** A read that waits for the client. */
interface WaitingRead {
  readonly buffer: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: unknown) => void;
}

/** A client's connection as seen by a handler that runs elsewhere. */
export class FarStream extends FarRequest implements StreamRequest {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly setNoDelay?: (noDelay?: boolean) => void;
  readonly setKeepAlive?: (keepAlive?: boolean) => void;
  readonly tls?: TlsInfo;
  readonly #send: SendFrame;
  readonly #fromClient: Inflow;
  readonly #toClient: Outflow;
  #waitingRead: WaitingRead | null = null;
  #writeClosed = false;
  #closed = false;
  /**
   * Makes the error that says why reading and writing have become impossible.
   * Hardly any request asks for it, and each has an end.
   */
  #failure: (() => Error) | null = null;

  constructor(send: SendFrame, opening: Opening) {
    super();
    this.#send = send;
    this.#fromClient = new Inflow(send);
    this.#toClient = new Outflow(send);
    this.localAddr = opening.localAddr;
    this.remoteAddr = opening.remoteAddr ?? opening.clientAddress;
    if (opening.tls !== undefined) this.tls = toTlsInfo(opening.tls);
    if (opening.noDelay) {
      this.setNoDelay = (on = true) => this.#switch(FrameType.noDelay, on);
    }
    if (opening.keepAlive) {
      this.setKeepAlive = (on = true) => this.#switch(FrameType.keepAlive, on);
    }
  }

  override get request(): StreamRequest {
    return this;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve, reject) => {
      if (this.#waitingRead !== null) {
        throw new Deno.errors.Busy("Cannot read as another read is waiting");
      }
      this.#waitingRead = { buffer, resolve, reject };
      this.#settleRead();
    });
  }

  write(data: Uint8Array): Promise<number> {
    return new Promise((resolve) => {
      this.#checkWritable();
      const mayWrite = this.#toClient.credit > 0;
      resolve(mayWrite ? this.#toClient.send(data) : this.#writeLater(data));
    });
  }

  closeWrite(): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure());
    if (!this.#writeClosed) this.#send(FrameType.end);
    this.#writeClosed = true;
    return Promise.resolve();
  }

  close(): void {
    if (this.#closed) return;
    if (this.#failure === null) this.#send(FrameType.close);
    this.#closed = true;
    this.#failure = () =>
      new Deno.errors.BadResource("The connection is closed");
    this.#fromClient.clear();
    this.#interruptRead();
    this.#toClient.wake();
  }

  /** Says how long the client may take for each write, in seconds. */
  [LIMIT_WRITES](seconds: number): void {
    if (this.#failure !== null) return;
    this.#send(FrameType.limit, limitPayload(seconds));
  }

  override receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    switch (type) {
      case FrameType.data:
        return this.#receiveData(payload);
      case FrameType.end:
        this.#fromClient.end();
        this.#fromClient.stopGranting();
        return this.#settleRead();
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
  override fail(error: Error): void {
    this.#failWith(() => error);
    // The near side has no more to read, either, where the handler has closed.
    if (!this.#closed) this.stop(error);
  }

  override end(): void {
    this.#closed = true;
    this.#interruptRead();
    this.#failWith(() => this.endedError());
  }

  #receiveData(data: Uint8Array<ArrayBuffer>): void {
    const isFirst = this.#waitingRead !== null && this.#fromClient.length === 0;
    this.#fromClient.receive(data, isFirst);
    if (this.#closed) this.#fromClient.clear(); // it was on its way
    // A read is to find all that comes together.
    else if (isFirst) queueMicrotask(() => this.#settleRead());
  }

  #failWith(failure: () => Error): void {
    this.#failure ??= failure;
    this.#settleRead();
    this.#toClient.wake();
  }

  /** Settles the read that waits, if there is something to tell it. */
  #settleRead(): void {
    if (this.#waitingRead === null) return;
    const { buffer, resolve, reject } = this.#waitingRead;
    if (this.#fromClient.length > 0) {
      try {
        resolve(this.#fromClient.readInto(buffer));
      } catch (error) {
        reject(error); // it is no buffer
      }
    } else if (this.#failure !== null) reject(this.#failure());
    else if (this.#fromClient.ended) resolve(null);
    else return;
    this.#waitingRead = null;
  }

  #interruptRead(): void {
    this.#waitingRead?.reject(
      new Deno.errors.Interrupted("The connection was closed meanwhile"),
    );
    this.#waitingRead = null;
  }

  async #writeLater(data: Uint8Array): Promise<number> {
    while (this.#toClient.credit === 0) {
      await this.#toClient.wait();
      this.#checkWritable();
    }
    return this.#toClient.send(data);
  }

  #checkWritable(): void {
    if (this.#failure !== null) throw this.#failure();
    if (this.#writeClosed) {
      throw new Deno.errors.BrokenPipe("Cannot write after closeWrite()");
    }
  }

  #switch(type: FrameType, on: boolean): void {
    if (this.#failure !== null) throw this.#failure();
    this.#send(type, new Uint8Array([on ? 1 : 0]));
  }
}
