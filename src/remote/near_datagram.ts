import { RemoteProtocolError } from "../errors.ts";
import type { DatagramRequest } from "../types.ts";
import { FrameType, jsonOf, jsonPayload } from "./frames.ts";
import type { FrameSender } from "./frame_sender.ts";
import type { NearRequest } from "./near_request.ts";
import { errorIn, errorPayload } from "./remote_error.ts";

/** What a `reply` frame says of its datagram. */
interface Reply {
  readonly reply: number;
  readonly address: Deno.Addr;
}

/** Carries a datagram to a far handler, and its replies to the socket. */
export class NearDatagram implements NearRequest {
  readonly #id: number;
  readonly #request: DatagramRequest;
  readonly #clientAddress: Deno.Addr;
  readonly #sender: FrameSender;
  readonly #result = Promise.withResolvers<void>();
  /** Replies that have not left: the request ends after them. */
  readonly #replies = new Set<Promise<void>>();

  constructor(
    id: number,
    request: DatagramRequest,
    clientAddress: Deno.Addr,
    sender: FrameSender,
  ) {
    this.#id = id;
    this.#request = request;
    this.#clientAddress = clientAddress;
    this.#sender = sender;
  }

  async run(): Promise<void> {
    const [data, { addr }] = this.#request;
    const clientAddress = this.#clientAddress;
    this.#sender.send(
      FrameType.open,
      this.#id,
      jsonPayload({ kind: "datagram", localAddr: addr, clientAddress }, data),
    );
    try {
      await this.#result.promise;
    } finally {
      await Promise.all(this.#replies);
    }
  }

  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    switch (type) {
      case FrameType.reply: {
        const [head, data] = jsonOf(payload);
        const sent = this.#reply(head as Reply, data);
        this.#replies.add(sent);
        sent.then(() => this.#replies.delete(sent));
        return;
      }
      case FrameType.done:
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
    this.#result.reject(error);
  }

  async #reply(head: Reply, data: Uint8Array): Promise<void> {
    const { reply, address } = head;
    let result: Uint8Array;
    try {
      const count = await this.#request[1].send(data, address);
      result = jsonPayload({ reply, count });
    } catch (error) {
      result = jsonPayload({ reply }, errorPayload(error));
    }
    this.#sender.send(FrameType.sent, this.#id, result);
  }
}
