import { lendRead } from "../servers/gentle_close.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import type { InputBuffer } from "../streams/input_buffer.ts";
import { withinTimeLimit } from "../streams/time_limit.ts";
import type { StreamRequest } from "../types.ts";
import {
  FrameType,
  GRANT_SIZE,
  jsonPayload,
  unexpectedFrame,
  WINDOW,
} from "./frames.ts";
import type { SendFrame } from "./frame_sender.ts";
import { NearOutput } from "./near_output.ts";
import type { NearRequest } from "./near_request.ts";
import { Outflow } from "./outflow.ts";
import { checkEmpty, creditOf, limitOf, switchIn } from "./payload_checks.ts";
import { errorIn, errorPayload } from "./remote_error.ts";
import { streamOpening } from "./stream_opening.ts";

/**
 * How long a client may take for what a handler wrote that has failed, or whose
 * isolate has ended, in seconds.
 */
const LAST_WORDS_LIMIT = 1;

/** Carries bytes between a client's connection and a far handler. */
export class NearStream implements NearRequest {
  readonly #send: SendFrame;
  readonly #connection: StreamRequest;
  readonly #clientAddress: Deno.Addr;
  readonly #input: InputBuffer;
  readonly #toHandler: Outflow;
  readonly #toClient: NearOutput;
  readonly #result = Promise.withResolvers<void>();
  /** Whether there is more input; `null` while nobody waits to know. */
  #reading: Promise<boolean> | null = null;
  /** The handler is done: its frames are ignored, and it is sent none. */
  #ended = false;

  constructor(
    send: SendFrame,
    connection: StreamRequest,
    clientAddress: Deno.Addr,
    input: InputBuffer,
  ) {
    this.#send = send;
    this.#connection = connection;
    this.#clientAddress = clientAddress;
    this.#input = input;
    this.#toHandler = new Outflow(send);
    this.#toClient = new NearOutput(
      connection,
      send,
      (error) => this.#abort(error),
    );
  }

  run(): Promise<void> {
    const opening = streamOpening(this.#connection, this.#clientAddress);
    this.#send(FrameType.open, jsonPayload(opening));
    this.#sendInput();
    return this.#result.promise;
  }

  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#ended) return;
    switch (type) {
      case FrameType.data:
        return this.#toClient.write(payload);
      case FrameType.end:
        checkEmpty(type, payload);
        return this.#toClient.closeWrite();
      case FrameType.close:
        checkEmpty(type, payload);
        return this.#toClient.close();
      case FrameType.limit:
        this.#toClient.writeLimit = limitOf(payload);
        return;
      case FrameType.noDelay:
        return this.#switch(type, "setNoDelay", payload);
      case FrameType.keepAlive:
        return this.#switch(type, "setKeepAlive", payload);
      case FrameType.credit:
        return this.#toHandler.grant(creditOf(payload, GRANT_SIZE));
      case FrameType.done:
        checkEmpty(type, payload);
        // A write at home would have failed in time for the handler to know.
        return void this.#end().then(
          this.#result.resolve,
          this.#result.reject,
        );
      case FrameType.failed:
        return void this.fail(errorIn(payload, this.#connection));
      default:
        throw unexpectedFrame(type, "connection");
    }
  }

  get done(): boolean {
    return this.#ended;
  }

  fail(error: unknown): void {
    if (!this.#ended) this.giveUp(error);
  }

  /** What was written before is to arrive, if the client takes it. */
  async giveUp(error: unknown): Promise<void> {
    try {
      await withinTimeLimit(this.#end(), LAST_WORDS_LIMIT, "write");
    } catch {
      // The error says why it could not be.
    }
    this.#result.reject(error);
  }

  /** Leaves the handler; resolves when what it asked for is done. */
  #end(): Promise<void> {
    this.#ended = true;
    this.#toHandler.wake();
    this.#lendRead();
    return this.#toClient.finish();
  }

  /** Spares the server a read of its own to learn whether input is unread. */
  #lendRead(): void {
    if (this.#toHandler.credit <= WINDOW - GRANT_SIZE) {
      // The handler would have granted this much again had it taken it. Such a
      // client is likely to be still sending, whatever this moment finds.
      lendRead(this.#connection, Promise.resolve(true));
    } else if (this.#reading !== null) {
      lendRead(this.#connection, this.#reading);
    }
  }

  /** Reads from the client as far ahead as the handler has granted. */
  async #sendInput(): Promise<void> {
    const input = this.#input;
    try {
      while (
        input.length > 0 || await (this.#reading = input.fill(Infinity))
      ) {
        this.#reading = null;
        while (input.length > 0) {
          if (this.#toHandler.credit === 0) await this.#toHandler.wait();
          if (this.#ended) return;
          input.skip(this.#toHandler.send(input.peek()));
        }
      }
      if (!this.#ended) this.#send(FrameType.end);
    } catch (error) {
      // After the end it is the server that closed the connection.
      this.#abort(error);
    }
  }

  /** Switches an option of the connection, if it has it. */
  #switch(
    type: FrameType,
    method: "setNoDelay" | "setKeepAlive",
    payload: Uint8Array,
  ): void {
    const isOn = switchIn(type, payload);
    if (this.#connection[method] === undefined) {
      throw unexpectedFrame(type, "connection");
    }
    try {
      this.#connection[method](isOn);
    } catch {
      // The connection is lost, as reading or writing will tell.
    }
  }

  #abort(error: unknown): void {
    noteOrigin(error, this.#connection);
    if (this.#ended) return;
    this.#send(FrameType.abort, errorPayload(error, this.#connection));
  }
}
