import { RemoteProtocolError } from "../errors.ts";
import { InputBuffer } from "../streams/input_buffer.ts";
import { withinTimeLimit } from "../streams/time_limit.ts";
import type { StreamRequest } from "../types.ts";
import { ByteQueue } from "./byte_queue.ts";
import {
  checkData,
  creditOf,
  creditPayload,
  FrameType,
  GRANT_SIZE,
  jsonPayload,
  limitOf,
  MAX_DATA,
  type Opening,
  WINDOW,
} from "./frames.ts";
import type { FrameSender } from "./frame_sender.ts";
import type { NearRequest } from "./near_request.ts";
import { errorIn, errorPayload } from "./remote_error.ts";
import { Outflow } from "./outflow.ts";

/**
 * How long a client may take for what a handler wrote that has failed, or whose
 * isolate has ended, in seconds.
 */
const LAST_WORDS_LIMIT = 1;

const NOTHING = new Uint8Array(0);

/** Something that is to be done once with a connection. */
type Step = "none" | "asked" | "done";

/** Carries bytes between a client's connection and a far handler. */
export class NearStream implements NearRequest {
  readonly #id: number;
  readonly #connection: StreamRequest;
  readonly #clientAddress: Deno.Addr;
  readonly #sender: FrameSender;
  readonly #credit = new Outflow();
  readonly #result = Promise.withResolvers<void>();

  /** What the handler has written and the client has not taken. */
  readonly #output = new ByteQueue();
  /** The handler has written nothing, to see whether the client is there. */
  #probing = false;
  #writeClosing: Step = "none";
  #closing: Step = "none";
  /** How many bytes the handler has sent that have not been granted again. */
  #ungranted = 0;
  /** How many of these the client has taken. */
  #taken = 0;
  /** The longest that the client may take for one write, in seconds. */
  #writeLimit: number | null = null;
  /** Whether something is being done for the handler. */
  #working = false;
  /** Resolved when all is done, for who waits for that. */
  #idle: PromiseWithResolvers<void> | null = null;
  /** Why the client takes nothing any more. */
  #loss: { readonly error: unknown } | null = null;
  /** The far side needs nothing more, and wants nothing more. */
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
    const opening: Opening = {
      kind: "stream",
      localAddr,
      clientAddress,
      ...(remoteAddr === clientAddress ? {} : { remoteAddr }),
      ...(this.#connection.setNoDelay === undefined ? {} : { noDelay: true }),
    };
    this.#sender.send(FrameType.open, this.#id, jsonPayload(opening));
    this.#sendInput();
    await this.#result.promise;
  }

  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#ended) return;
    switch (type) {
      case FrameType.data:
        return this.#takeOutput(payload);
      case FrameType.credit:
        return this.#credit.grant(creditOf(payload));
      case FrameType.end:
        if (this.#writeClosing === "none") this.#writeClosing = "asked";
        return void this.#work();
      case FrameType.close:
        if (this.#closing === "none") this.#closing = "asked";
        return void this.#work();
      case FrameType.noDelay:
        return this.#setNoDelay(payload[0] === 1);
      case FrameType.limit:
        this.#writeLimit = limitOf(payload);
        return;
      case FrameType.done:
        return void this.#finish();
      case FrameType.failed:
        return void this.fail(errorIn(payload));
      default:
        throw new RemoteProtocolError(
          `Cannot take a frame of type ${type} for a connection`,
        );
    }
  }

  /** What was written before is to arrive, if the client takes it. */
  async fail(error: unknown): Promise<void> {
    if (this.#ended) return; // the handler was done before
    const idle = this.#end();
    await withinTimeLimit(idle, LAST_WORDS_LIMIT, "write").catch(() => {});
    this.#result.reject(error);
  }

  async #finish(): Promise<void> {
    await this.#end();
    // A write at home would have told the handler, or `finish()` at the latest.
    if (this.#loss !== null && this.#output.length > 0) {
      this.#result.reject(this.#loss.error);
    } else this.#result.resolve();
  }

  /** Needs the far side no more; resolves when what it asked for is done. */
  #end(): Promise<void> {
    this.#ended = true;
    this.#credit.wake();
    this.#idle = Promise.withResolvers();
    this.#work();
    return this.#idle.promise;
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

  #takeOutput(data: Uint8Array): void {
    checkData(data);
    if (this.#writeClosing !== "none" || this.#closing !== "none") {
      throw new RemoteProtocolError(
        "Cannot take data as it must not follow its end",
      );
    }
    this.#ungranted += data.length;
    if (this.#ungranted > WINDOW) {
      throw new RemoteProtocolError(
        `Cannot take more data as at most ${WINDOW} bytes may be on their way: current value is ${this.#ungranted}`,
      );
    }
    if (data.length === 0) this.#probing = true;
    this.#output.push(data, !this.#working);
    this.#work();
  }

  #setNoDelay(noDelay: boolean): void {
    try {
      this.#connection.setNoDelay?.(noDelay);
    } catch {
      // The connection is lost, as reading or writing will tell.
    }
  }

  /** Does what the handler has asked for, in order, until nothing is left. */
  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    // Not in the middle of a batch: what its frames lead to is sent together.
    await null;
    try {
      while (this.#loss === null) {
        if (this.#output.length > 0) {
          await this.#sendOutput();
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
      this.#abort(error);
    }
    this.#working = false;
    this.#idle?.resolve();
  }

  async #sendOutput(): Promise<void> {
    const writing = this.#connection.write(this.#output.first);
    const count =
      await (this.#writeLimit === null
        ? writing
        : withinTimeLimit(writing, this.#writeLimit, "write"));
    this.#output.skip(count);
    this.#taken += count;
    if (this.#taken < GRANT_SIZE || this.#ended) return;
    this.#sender.send(
      FrameType.credit,
      this.#id,
      creditPayload(this.#taken),
    );
    this.#ungranted -= this.#taken;
    this.#taken = 0;
  }

  #abort(error: unknown): void {
    if (this.#ended) return;
    this.#sender.send(FrameType.abort, this.#id, errorPayload(error));
  }
}
