import { RemoteProtocolError } from "../errors.ts";
import type { DatagramSocket } from "../types.ts";
import {
  FrameType,
  jsonOf,
  jsonPayload,
  MAX_PAYLOAD,
  MAX_REPLIES,
  type Reply,
  type Sent,
} from "./frames.ts";
import type { FrameSender } from "./frame_sender.ts";
import { errorIn } from "./remote_error.ts";

/** The server's socket as a datagram's handler sees it that runs elsewhere. */
export class FarDatagram implements DatagramSocket {
  readonly addr: Deno.Addr;
  readonly #id: number;
  readonly #sender: FrameSender;
  /** Who waits to hear of a reply, by its number. */
  readonly #replies = new Map<number, PromiseWithResolvers<number>>();
  /** The payloads of replies that wait until others have left. */
  readonly #held: Uint8Array[] = [];
  #lastReply = 0;
  #failure: Error | null = null;

  constructor(id: number, sender: FrameSender, addr: Deno.Addr) {
    this.#id = id;
    this.#sender = sender;
    this.addr = addr;
  }

  async send(data: Uint8Array, address: Deno.Addr): Promise<number> {
    if (this.#failure !== null) throw this.#failure;
    const head: Reply = { reply: ++this.#lastReply, address };
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

  /** Takes a frame of the request. */
  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    if (type !== FrameType.sent) {
      throw new RemoteProtocolError(
        `Cannot take a frame of type ${type} for a datagram`,
      );
    }
    const [head, error] = jsonOf(payload);
    const { reply, count } = head as Sent;
    const failure = count === undefined ? errorIn(error) : null;
    const sent = this.#replies.get(reply);
    this.#replies.delete(reply);
    if (failure === null) sent?.resolve(count!);
    else sent?.reject(failure);
    this.#sendHeld();
  }

  /** Resolves when it is known of every reply what came of it. */
  async settled(): Promise<void> {
    await Promise.allSettled(
      [...this.#replies.values()].map(({ promise }) => promise),
    );
  }

  /** Makes every reply that is under way, and every later one, reject. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const sent of this.#replies.values()) sent.reject(error);
    this.#replies.clear();
    this.#held.length = 0;
  }

  /** Sends replies that wait, as long as there may be more under way. */
  #sendHeld(): void {
    while (
      this.#held.length > 0 &&
      this.#replies.size - this.#held.length < MAX_REPLIES
    ) {
      this.#sender.send(FrameType.reply, this.#id, this.#held.shift()!);
    }
  }
}
