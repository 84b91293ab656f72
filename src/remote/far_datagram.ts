import type { DatagramRequest, DatagramSocket } from "../types.ts";
import { FarRequest } from "./far_request.ts";
import {
  FrameType,
  jsonOf,
  jsonPayload,
  MAX_PAYLOAD,
  MAX_REPLIES,
  type Reply,
  type Sent,
  unexpectedFrame,
} from "./frames.ts";
import type { SendFrame } from "./frame_sender.ts";
import { errorIn } from "./remote_error.ts";
import { checkedAddress } from "./reply_frame.ts";

/** The server's socket as seen by a datagram's handler that runs elsewhere. */
export class FarDatagram extends FarRequest implements DatagramSocket {
  override readonly request: DatagramRequest;
  readonly addr: Deno.Addr;
  readonly #kind: Partial<Deno.Addr>;
  readonly #send: SendFrame;
  /** Replies that await confirmation, by their ID. */
  readonly #replies = new Map<number, PromiseWithResolvers<number>>();
  /** The payloads of replies that wait until others are confirmed. */
  readonly #held: Uint8Array[] = [];
  #lastReply = 0;
  #failure: Error | null = null;
  #ended = false;

  constructor(
    send: SendFrame,
    addr: Deno.Addr,
    data: Uint8Array<ArrayBuffer>,
  ) {
    super();
    this.#send = send;
    this.addr = addr;
    this.#kind = { transport: addr.transport };
    this.request = [data, this];
  }

  async send(data: Uint8Array, address: Deno.Addr): Promise<number> {
    if (this.#ended) throw this.endedError();
    if (this.#failure !== null) throw this.#failure;
    const head: Reply = {
      reply: this.#lastReply = this.#lastReply + 1 >>> 0,
      // As at home, where the socket's own kind is meant if none is named.
      address: checkedAddress({ ...this.#kind, ...address }),
    };
    const payload = jsonPayload(head, data);
    if (payload.length > MAX_PAYLOAD) {
      throw new RangeError(
        `Cannot send a datagram as it must fit a frame of ${MAX_PAYLOAD} bytes: current value is ${data.length}`,
      );
    }
    const sent = Promise.withResolvers<number>();
    this.#held.push(payload);
    this.#replies.set(head.reply, sent);
    this.#sendHeld();
    return await sent.promise;
  }

  override receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    if (type !== FrameType.sent) throw unexpectedFrame(type, "datagram");
    const [head, error] = jsonOf(payload);
    const { reply, count } = head as Sent;
    const failure = count === undefined ? errorIn(error, this) : null;
    const sent = this.#replies.get(reply);
    this.#replies.delete(reply);
    if (failure === null) sent?.resolve(count!);
    else sent?.reject(failure);
    this.#sendHeld();
  }

  /** Resolves when every reply has been confirmed, or refused. */
  override async settled(): Promise<void> {
    await Promise.allSettled(
      [...this.#replies.values()].map(({ promise }) => promise),
    );
  }

  /** Makes every reply that is under way, and every later one, reject. */
  override fail(error: Error): void {
    this.#failWith(error);
    this.abort(error);
  }

  override end(): void {
    this.#ended = true;
    if (this.#replies.size > 0) this.#failWith(this.endedError());
  }

  #failWith(error: Error): void {
    this.#failure ??= error;
    for (const sent of this.#replies.values()) sent.reject(error);
    this.#replies.clear();
    this.#held.length = 0;
  }

  /** Sends replies that wait, as far as more may be under way. */
  #sendHeld(): void {
    while (
      this.#held.length > 0 &&
      this.#replies.size - this.#held.length < MAX_REPLIES
    ) {
      this.#send(FrameType.reply, this.#held.shift()!);
    }
  }
}
