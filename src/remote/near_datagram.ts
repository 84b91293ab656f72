import { RemoteProtocolError } from "../errors.ts";
import { Condition } from "../streams/condition.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import type { DatagramRequest } from "../types.ts";
import {
  FrameType,
  jsonOf,
  jsonPayload,
  MAX_REPLIES,
  type Opening,
  type Reply,
  type Sent,
  unexpectedFrame,
} from "./frames.ts";
import type { SendFrame } from "./frame_sender.ts";
import type { NearRequest } from "./near_request.ts";
import { errorIn, errorPayload } from "./remote_error.ts";

/** Where the handler of a datagram may send replies: to anyone, or to its client. */
export type ReplyScope = "anyone" | "client";

/** Carries a datagram to a far handler, and its replies to the socket. */
export class NearDatagram implements NearRequest {
  readonly #send: SendFrame;
  readonly #request: DatagramRequest;
  readonly #clientAddress: Deno.Addr;
  readonly #scope: ReplyScope;
  readonly #result = Promise.withResolvers<void>();
  /** How many replies have not left: the request ends after them. */
  #underway = 0;
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
      if (this.#underway > 0) await this.#allLeft.wait();
    }
  }

  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#ended) return;
    switch (type) {
      case FrameType.reply: {
        const [head, data] = jsonOf(payload);
        return this.#acceptReply(head as Reply, data);
      }
      case FrameType.done:
        this.#ended = true;
        return this.#result.resolve();
      case FrameType.failed:
        return this.fail(errorIn(payload, this.#request));
      default:
        throw unexpectedFrame(type, "datagram");
    }
  }

  fail(error: unknown): void {
    this.#ended = true;
    this.#result.reject(error);
  }

  #acceptReply({ reply, address }: Reply, data: Uint8Array): void {
    if (this.#underway === MAX_REPLIES) {
      throw new RemoteProtocolError(
        `Cannot take another reply as at most ${MAX_REPLIES} may be under way: current value is ${
          this.#underway + 1
        }`,
      );
    }
    this.#underway++;
    this.#sendReply(reply, data, address);
  }

  async #sendReply(
    reply: number,
    data: Uint8Array,
    address: Deno.Addr,
  ): Promise<void> {
    let sent: Sent = { reply };
    let failure: Uint8Array | undefined;
    try {
      this.#checkScope(address);
      sent = { reply, count: await this.#request[1].send(data, address) };
    } catch (error) {
      noteOrigin(error, this.#request[1]);
      failure = errorPayload(error, this.#request);
    }
    // Before the far side hears of it, and sends the next one.
    this.#underway--;
    this.#send(FrameType.sent, jsonPayload(sent, failure));
    if (this.#underway === 0) this.#allLeft.notify();
  }

  #checkScope(address: Deno.Addr): void {
    if (this.#scope === "anyone") return;
    if (isSame(address, this.#clientAddress)) return;
    throw new Deno.errors.NotCapable(
      `Cannot send a datagram as a handler without the net permission may only reply to its client: current value is ${
        JSON.stringify(address)
      }`,
    );
  }
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
