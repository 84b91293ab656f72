import { LIMIT_WRITES } from "../streams/limit_writes.ts";
import type { StreamRequest, TlsInfo } from "../types.ts";
import { FarInput } from "./far_input.ts";
import { FarRequest } from "./far_request.ts";
import {
  FrameType,
  limitPayload,
  type Opening,
  unexpectedFrame,
} from "./frames.ts";
import type { SendFrame } from "./frame_sender.ts";
import { Outflow } from "./outflow.ts";
import { creditOf } from "./payload_checks.ts";
import { toTlsInfo } from "./tls_record.ts";

/** A client's connection as seen by a handler that runs elsewhere. */
export class FarStream extends FarRequest implements StreamRequest {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly setNoDelay?: (noDelay?: boolean) => void;
  readonly setKeepAlive?: (keepAlive?: boolean) => void;
  readonly tls?: TlsInfo;
  readonly #send: SendFrame;
  readonly #fromClient: FarInput;
  readonly #toClient: Outflow;
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
    this.#fromClient = new FarInput(send);
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
    return this.#fromClient.read(buffer);
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
    this.#close(() => new Deno.errors.BadResource("The connection is closed"));
  }

  /** Says how long the client may take for each write, in seconds. */
  [LIMIT_WRITES](seconds: number): void {
    if (this.#failure !== null) return;
    this.#send(FrameType.limit, limitPayload(seconds));
  }

  override receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    switch (type) {
      case FrameType.data:
        return this.#fromClient.receive(payload);
      case FrameType.end:
        return this.#fromClient.end();
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
    // The near side has no more to read, either, where the handler has closed.
    if (this.#closed) return;
    this.#failure ??= () => error;
    this.#fromClient.fail(this.#failure);
    this.#toClient.wake();
    this.abort(error);
  }

  override end(): void {
    this.#close(() => this.endedError());
  }

  #close(failure: () => Error): void {
    this.#closed = true;
    this.#failure = failure;
    this.#fromClient.close(failure);
    this.#toClient.wake();
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
