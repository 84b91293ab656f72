import { RemoteProtocolError } from "../errors.ts";
import { inspected } from "../inspected.ts";
import { Condition } from "../streams/condition.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import type { DatagramRequest } from "../types.ts";
import type { ErrorRecord } from "./error_record.ts";
import {
  FrameType,
  jsonPayload,
  MAX_REPLIES,
  type Opening,
  type Sent,
  unexpectedFrame,
} from "./frames.ts";
import type { SendFrame } from "./frame_sender.ts";
import type { NearRequest } from "./near_request.ts";
import { checkEmpty } from "./payload_checks.ts";
import { errorIn, errorPayload } from "./remote_error.ts";
import { replyIn } from "./reply_frame.ts";

/** Where the handler of a datagram may send replies: to anyone, or to its client. */
export type ReplyScope = "anyone" | "client";

/** Carries a datagram to a far handler, and its replies to the socket. */
export class NearDatagram implements NearRequest {
  readonly #send: SendFrame;
  readonly #request: DatagramRequest;
  readonly #clientAddress: Deno.Addr;
  readonly #scope: ReplyScope;
  readonly #result = Promise.withResolvers<void>();
  /** The IDs of the replies that have not left: the request ends after them. */
  readonly #underway = new Set<number>();
  readonly #allLeft = new Condition();
  #ended = false;

  constructor(
    send: SendFrame,
    request: DatagramRequest,
    clientAddress: Deno.Addr,
    scope: ReplyScope,
  ) {
    this.#send = send;
    this.#request = request;
    this.#clientAddress = clientAddress;
    this.#scope = scope;
  }

  async run(): Promise<void> {
    const [data, { addr }] = this.#request;
    const opening: Opening = {
      kind: "datagram",
      localAddr: addr,
      clientAddress: this.#clientAddress,
    };
    this.#send(FrameType.open, jsonPayload(opening, data));
    try {
      await this.#result.promise;
    } finally {
      if (this.#underway.size > 0) await this.#allLeft.wait();
    }
  }

  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#ended) return;
    switch (type) {
      case FrameType.reply:
        return this.#acceptReply(payload);
      case FrameType.done:
        checkEmpty(type, payload);
        this.#ended = true;
        return this.#result.resolve();
      case FrameType.failed:
        return this.fail(errorIn(payload, this.#request));
      default:
        throw unexpectedFrame(type, "datagram");
    }
  }

  get done(): boolean {
    return this.#ended;
  }

  fail(error: unknown): void {
    this.#ended = true;
    this.#result.reject(error);
  }

  /** The reply that is under way is waited for, as it cannot be taken back. */
  giveUp(error: unknown): void {
    this.fail(error);
  }

  #acceptReply(payload: Uint8Array<ArrayBuffer>): void {
    const [{ reply, address }, data] = replyIn(payload);
    const { size } = this.#underway;
    if (size === MAX_REPLIES) {
      throw new RemoteProtocolError(
        `Cannot take another reply as at most ${MAX_REPLIES} may be under way: current value is ${
          size + 1
        }`,
      );
    }
    if (this.#underway.has(reply)) {
      throw new RemoteProtocolError(
        `Cannot take a reply as its ID must be free: current value is ${reply}`,
      );
    }
    this.#underway.add(reply);
    this.#sendReply(reply, data, address);
  }

  async #sendReply(
    reply: number,
    data: Uint8Array,
    address: Deno.Addr,
  ): Promise<void> {
    let sent: Sent = { reply };
    let failure = this.#refusal(address);
    if (failure === undefined) {
      try {
        const count = await this.#request[1].send(data, address);
        sent = { reply, count: checkedCount(count) };
      } catch (error) {
        noteOrigin(error, this.#request[1]);
        failure = errorPayload(error, this.#request);
      }
    }
    // Before the far side hears of it, and sends the next one.
    this.#underway.delete(reply);
    this.#send(FrameType.sent, jsonPayload(sent, failure));
    if (this.#underway.size === 0) this.#allLeft.notify();
  }

  /**
   * Why no reply may go to an address, if it may not. No error is made of it, as
   * a far side can have any number of replies refused.
   */
  #refusal(address: Deno.Addr): Uint8Array | undefined {
    if (this.#scope === "anyone" || isSame(address, this.#clientAddress)) {
      return undefined;
    }
    const refusal: ErrorRecord = {
      name: Deno.errors.NotCapable.name,
      message:
        `Cannot send a datagram as a handler without the net permission may only reply to its client: current value is ${
          JSON.stringify(address)
        }`,
    };
    return jsonPayload(refusal);
  }
}

/** What a socket of one's own says of a datagram may be no number. */
function checkedCount(count: unknown): number {
  if (Number.isInteger(count)) return count as number;
  throw new TypeError(
    `Cannot tell how much of a datagram has been sent as send() must resolve to a whole number: current value is ${
      inspected(count)
    }`,
  );
}

/** The parts of an address that are compared; each kind has some of them. */
interface AddressParts {
  readonly transport?: unknown;
  readonly hostname?: unknown;
  readonly port?: unknown;
  readonly path?: unknown;
}

function isSame(one: AddressParts, other: AddressParts): boolean {
  return one.transport === other.transport &&
    one.hostname === other.hostname && one.port === other.port &&
    one.path === other.path;
}
