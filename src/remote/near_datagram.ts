import { RemoteProtocolError } from "../errors.ts";
import type { DatagramRequest } from "../types.ts";
import {
  FrameType,
  jsonOf,
  jsonPayload,
  MAX_REPLIES,
  type Opening,
  type Reply,
  type Sent,
} from "./frames.ts";
import type { FrameSender } from "./frame_sender.ts";
import type { NearRequest } from "./near_request.ts";
import { errorIn, errorPayload } from "./remote_error.ts";

/** Where a datagram's handler may send others: to anyone, or to its client. */
export type ReplyScope = "anyone" | "client";

/** Carries a datagram to a far handler, and its replies to the socket. */
export class NearDatagram implements NearRequest {
  readonly #id: number;
  readonly #request: DatagramRequest;
  readonly #clientAddress: Deno.Addr;
  readonly #sender: FrameSender;
  readonly #scope: ReplyScope;
  readonly #result = Promise.withResolvers<void>();
  /** Replies that have not left: the request ends after them. */
  #underWay = 0;
  /** Resolved when the last has left, for who waits for that. */
  #allLeft: PromiseWithResolvers<void> | null = null;
  #ended = false;

  constructor(
    id: number,
    request: DatagramRequest,
    clientAddress: Deno.Addr,
    sender: FrameSender,
    scope: ReplyScope,
  ) {
    this.#id = id;
    this.#request = request;
    this.#clientAddress = clientAddress;
    this.#sender = sender;
    this.#scope = scope;
  }

  async run(): Promise<void> {
    const [data, { addr }] = this.#request;
    const opening: Opening = {
      kind: "datagram",
      localAddr: addr,
      clientAddress: this.#clientAddress,
    };
    this.#sender.send(FrameType.open, this.#id, jsonPayload(opening, data));
    try {
      await this.#result.promise;
    } finally {
      if (this.#underWay > 0) {
        this.#allLeft = Promise.withResolvers();
        await this.#allLeft.promise;
      }
    }
  }

  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    if (this.#ended) return;
    switch (type) {
      case FrameType.reply: {
        const [head, data] = jsonOf(payload);
        return void this.#reply(head as Reply, data);
      }
      case FrameType.done:
        this.#ended = true;
        return this.#result.resolve();
      case FrameType.failed:
        return this.fail(errorIn(payload));
      default:
        throw new RemoteProtocolError(
          `Cannot take a frame of type ${type} for a datagram`,
        );
    }
  }

  fail(error: unknown): void {
    this.#ended = true;
    this.#result.reject(error);
  }

  #reply({ reply, address }: Reply, data: Uint8Array): Promise<void> {
    if (this.#underWay === MAX_REPLIES) {
      throw new RemoteProtocolError(
        `Cannot take another reply as at most ${MAX_REPLIES} may be under way: current value is ${
          this.#underWay + 1
        }`,
      );
    }
    this.#underWay++;
    return this.#send(reply, data, address);
  }

  async #send(
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
      failure = errorPayload(error);
    }
    // Before the far side hears of it, and sends the next one.
    this.#underWay--;
    this.#sender.send(FrameType.sent, this.#id, jsonPayload(sent, failure));
    if (this.#underWay === 0) this.#allLeft?.resolve();
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

/** An address as it is compared: each has some of these. */
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
