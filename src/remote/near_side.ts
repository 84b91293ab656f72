import type { RemoteProtocolError } from "../errors.ts";
import type { DatagramRequest, StreamRequest } from "../types.ts";
import { FrameReceiver } from "./frame_receiver.ts";
import { type Carrier, FrameSender } from "./frame_sender.ts";
import { FrameType } from "./frames.ts";
import { NearDatagram, type ReplyScope } from "./near_datagram.ts";
import type { NearRequest } from "./near_request.ts";
import { NearStream } from "./near_stream.ts";
import { errorIn, errorPayload } from "./remote_error.ts";

/** The largest ID that a frame has room for. */
const LARGEST_ID = 0xffff_ffff;

/** What the far side tells the server, beside its requests. */
export interface FarSideEvents {
  /** A handler called `this.server.shutdown()`. */
  onShutdown(): void;
  /**
   * A promise was rejected and nobody handled it.
   *
   * @param request The request that was being handled, if it was the only one:
   * the rejection is most likely its own, though it may be an earlier one's.
   * @param clientAddress Where that request came from.
   */
  onFault(
    error: Error,
    request: unknown,
    clientAddress: Deno.Addr | undefined,
  ): void;
}

/** A request that the far side is handling. */
interface OpenRequest {
  readonly near: NearRequest;
  readonly request: unknown;
  readonly clientAddress: Deno.Addr;
}

/**
 * The near side of a Worker or a child process: its requests, by ID.
 */
export class NearSide {
  readonly #sender: FrameSender;
  readonly #events: FarSideEvents;
  readonly #receiver = new FrameReceiver(this);
  readonly #open = new Map<number, OpenRequest>();
  readonly #ready = Promise.withResolvers<void>();
  readonly #replyScope: ReplyScope;
  /** Why no request can be handled any more. */
  #failure: { readonly error: unknown } | null = null;
  #lastId = 0;

  /**
   * Creates an instance over a carrier to the far side.
   *
   * @param replyScope Where handlers of datagrams may send others.
   */
  constructor(
    carrier: Carrier,
    events: FarSideEvents,
    replyScope: ReplyScope = "anyone",
  ) {
    this.#sender = new FrameSender(carrier, () => this.size > 1);
    this.#events = events;
    this.#replyScope = replyScope;
    this.#ready.promise.catch(() => {}); // those who wait for it are told
  }

  /** Resolves when the handler has been imported; rejects if it cannot be. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** How many requests the far side is handling. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Has a request handled on the far side.
   *
   * @throws {unknown} What its handler throws, or why it could not end; or why
   * the far side is gone.
   */
  async open(request: unknown, clientAddress: Deno.Addr): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    const id = nextId(this.#lastId, (id) => this.#open.has(id));
    this.#lastId = id;
    const near = this.#nearRequest(id, request, clientAddress);
    this.#open.set(id, { near, request, clientAddress });
    try {
      await near.run();
    } finally {
      this.#open.delete(id);
    }
  }

  /** Takes what the carrier brings. */
  push(bytes: Uint8Array<ArrayBuffer>): void {
    this.#receiver.push(bytes);
  }

  /** Ends all requests, and every later one, with an error: the far side is gone. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#ready.reject(error);
    for (const { near } of this.#open.values()) near.fail(error);
  }

  /** Takes a frame. */
  receive(type: FrameType, id: number, payload: Uint8Array<ArrayBuffer>): void {
    const open = this.#open.get(id);
    try {
      switch (type) {
        case FrameType.ready:
          if (payload.length === 0) this.#ready.resolve();
          else this.#ready.reject(errorIn(payload));
          return;
        case FrameType.shutdown:
          return this.#events.onShutdown();
        case FrameType.fault:
          return this.#events.onFault(
            errorIn(payload, open?.request as object | undefined),
            open?.request,
            open?.clientAddress,
          );
        default:
          return open?.near.receive(type, payload);
      }
    } catch (error) {
      this.reject(id, error as RemoteProtocolError);
    }
  }

  /** Ends a request whose frames cannot be understood, on both sides. */
  reject(id: number, error: RemoteProtocolError): void {
    if (id === 0) this.#ready.reject(error);
    const open = this.#open.get(id);
    if (open === undefined) return;
    // Further frames of it are ignored, or each would be answered.
    this.#open.delete(id);
    this.#sender.send(FrameType.abort, id, errorPayload(error));
    open.near.fail(error);
  }

  #nearRequest(
    id: number,
    request: unknown,
    clientAddress: Deno.Addr,
  ): NearRequest {
    const send = this.#sender.forRequest(id);
    if (!Array.isArray(request)) {
      return new NearStream(send, request as StreamRequest, clientAddress);
    }
    return new NearDatagram(
      send,
      request as unknown as DatagramRequest,
      clientAddress,
      this.#replyScope,
    );
  }
}

/**
 * The ID of a new request: the one after the last, or the next that is free.
 * `0` is no request's.
 */
export function nextId(last: number, isOpen: (id: number) => boolean): number {
  let id = last;
  do id = id % LARGEST_ID + 1; while (isOpen(id));
  return id;
}
