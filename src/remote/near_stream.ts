import { RemoteProtocolError } from "../errors.ts";
import { InputBuffer } from "../streams/input_buffer.ts";
import { withinTimeLimit } from "../streams/time_limit.ts";
import type { StreamRequest } from "../types.ts";
import {
  creditOf,
  creditPayload,
  FrameType,
  GRANT_SIZE,
  jsonPayload,
  MAX_DATA,
  WINDOW,
} from "./frames.ts";
import type { FrameSender } from "./frame_sender.ts";
import type { NearRequest } from "./near_request.ts";
import { errorIn, errorPayload } from "./remote_error.ts";
import { SendCredit } from "./send_credit.ts";

/** How long a client may take for what a failed handler wrote, in seconds. */
const LAST_WORDS_LIMIT = 1;

/** Carries bytes between a client's connection and a far handler. */
export class NearStream implements NearRequest {
  readonly #id: number;
  readonly #connection: StreamRequest;
  readonly #clientAddress: Deno.Addr;
  readonly #sender: FrameSender;
  readonly #credit = new SendCredit();
  readonly #result = Promise.withResolvers<void>();

  /** Everything that the handler has asked to be done, one after the other. */
  #output: Promise<void> = Promise.resolve();
  /** How many bytes the handler has sent that have not been granted again. */
  #ungranted = 0;
  /** How many of these the client has taken. */
  #taken = 0;
  /** The client takes nothing any more. */
  #broken = false;
  #ended = false;

  constructor(
    id: number,
    connection: StreamRequest,
    clientAddress: Deno.Addr,
    sender: FrameSender,
  ) {
    this.#id = id;
    this.#connection = connection;
    this.#clientAddress = clientAddress;
    this.#sender = sender;
  }

  async run(): Promise<void> {
    const { localAddr, remoteAddr } = this.#connection;
    const clientAddress = this.#clientAddress;
    const opening = { kind: "stream", localAddr, clientAddress };
    this.#sender.send(
      FrameType.open,
      this.#id,
      jsonPayload(
        remoteAddr === clientAddress ? opening : { ...opening, remoteAddr },
      ),
    );
    this.#sendInput();
    await this.#result.promise;
  }

  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    switch (type) {
      case FrameType.data:
        return this.#sendOutput(payload);
      case FrameType.credit:
        return this.#credit.grant(creditOf(payload));
      case FrameType.end:
        return this.#then(() => this.#connection.closeWrite());
      case FrameType.close:
        return this.#then(() => this.#connection.close());
      case FrameType.noDelay:
        return this.#connection.setNoDelay?.(payload[0] === 1);
      case FrameType.done:
        return this.#end(() => this.#result.resolve());
      case FrameType.failed: {
        const error = errorIn(payload);
        // What was written before is to arrive, if the client takes it.
        this.#output = withinTimeLimit(this.#output, LAST_WORDS_LIMIT, "write")
          .catch(() => {});
        return this.#end(() => this.#result.reject(error));
      }
      default:
        throw new RemoteProtocolError(
          `Cannot take a frame of type ${type} for a connection`,
        );
    }
  }

  fail(error: unknown): void {
    this.#ended = true;
    this.#credit.wake();
    this.#result.reject(error);
  }

  /** Reads from the client as far ahead as the handler has granted. */
  async #sendInput(): Promise<void> {
    const input = new InputBuffer(this.#connection, -1, null);
    try {
      while (await input.fill(Infinity)) {
        while (input.length > 0) {
          await this.#credit.wait();
          if (this.#ended) return;
          const count = Math.min(input.length, this.#credit.bytes, MAX_DATA);
          const data = input.peek().subarray(0, count);
          this.#sender.send(FrameType.data, this.#id, data);
          this.#credit.spend(count);
          input.skip(count);
        }
      }
      if (!this.#ended) this.#sender.send(FrameType.end, this.#id);
    } catch (error) {
      // After the end it is the server that closed the connection.
      this.#abort(error);
    }
  }

  #sendOutput(data: Uint8Array): void {
    this.#ungranted += data.length;
    if (this.#ungranted > WINDOW) {
      throw new RemoteProtocolError(
        `Cannot take more data as at most ${WINDOW} bytes may be on their way: current value is ${this.#ungranted}`,
      );
    }
    this.#then(async () => {
      for (let sent = 0; sent < data.length;) {
        sent += await this.#connection.write(data.subarray(sent));
      }
      this.#taken += data.length;
      if (this.#taken < GRANT_SIZE || this.#ended) return;
      const payload = creditPayload(this.#taken);
      this.#sender.send(FrameType.credit, this.#id, payload);
      this.#ungranted -= this.#taken;
      this.#taken = 0;
    });
  }

  /** Does something with the connection after all that was asked before. */
  #then(act: () => void | Promise<void>): void {
    this.#output = this.#output.then(async () => {
      if (this.#broken) return;
      try {
        await act();
      } catch (error) {
        this.#broken = true;
        this.#abort(error);
      }
    });
  }

  #abort(error: unknown): void {
    if (this.#ended) return;
    this.#sender.send(FrameType.abort, this.#id, errorPayload(error));
  }

  #end(settle: () => void): void {
    this.#ended = true;
    this.#credit.wake();
    this.#output = this.#output.then(settle);
  }
}
