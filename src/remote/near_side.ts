import { RemoteProtocolError } from "../errors.ts";
import { createNearRequest } from "./create_near_request.ts";
import { type FarSideEvents, FarSideReports } from "./far_side_reports.ts";
import { type Carrier, FrameSender } from "./frame_sender.ts";
import { FrameType, MAX_WAITING } from "./frames.ts";
import type { ReplyScope } from "./near_datagram.ts";
import type { NearRequest } from "./near_request.ts";
import { PacedReceiver } from "./paced_receiver.ts";
import type { PendingRequest } from "./pending_request.ts";
import { errorIn, errorPayload } from "./remote_error.ts";
import { RequestIds } from "./request_ids.ts";
import { tellLate } from "./tell_late.ts";

/** A request that the far side is handling. */
interface OpenRequest {
  readonly near: NearRequest;
  readonly pending: PendingRequest;
}

/**
 * The near side of a Worker or a child process: its requests, by ID.
 */
export class NearSide {
  readonly #sender: FrameSender;
  readonly #events: FarSideEvents;
  readonly #reports: FarSideReports;
  readonly #receiver = new PacedReceiver(this);
  readonly #open = new Map<number, OpenRequest>();
  readonly #ids = new RequestIds();
  readonly #breach = Promise.withResolvers<RemoteProtocolError>();
  readonly #replyScope: ReplyScope;
  /** Why no request can be handled any more. */
  #failure: { readonly error: unknown } | null = null;

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
    this.#reports = new FarSideReports(events);
    this.#replyScope = replyScope;
  }

  /** Resolves when the handler has been imported; rejects if it cannot be. */
  get ready(): Promise<void> {
    return this.#reports.ready;
  }

  /** Whether the far side has said that it is ready, or why not. */
  get isReady(): boolean {
    return this.#reports.isReady;
  }

  /**
   * Resolves when the far side has broken a rule that is not one request's: it
   * is to be ended. Its requests have been.
   */
  get breach(): Promise<RemoteProtocolError> {
    return this.#breach.promise;
  }

  /** How many requests the far side is handling. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Has a request handled on the far side.
   *
   * @throws {unknown} What its handler throws, or why it could not end; or why
   * the far side is gone, or the request was given up.
   */
  async open(pending: PendingRequest): Promise<void> {
    if (this.#failure !== null) throw this.#failure.error;
    if (pending.failure !== null) throw pending.failure;
    const id = pending.id = this.#ids.next((id) => this.#open.has(id));
    const send = this.#sender.forRequest(id);
    const near = createNearRequest(pending, send, this.#replyScope);
    this.#open.set(id, { near, pending });
    try {
      const handled = near.run();
      if (pending.reason !== undefined) tellLate(this, pending, handled);
      await handled;
    } finally {
      this.#open.delete(id);
    }
  }

  /** Tells the handler of a request why it is to end, if it has been opened. */
  stop({ id, request, reason }: PendingRequest): void {
    if (!this.#open.has(id)) return; // told when it is; or it is over
    this.#sender.send(FrameType.stop, id, errorPayload(reason, request));
  }

  /** Tells all handlers, in one frame. */
  stopAll(reason: unknown): void {
    if (this.size === 0) return;
    this.#sender.send(FrameType.stop, 0, errorPayload(reason));
  }

  /**
   * Ends a request with an error; the far side is told, and lets it go, too.
   *
   * @returns Whether it may go on there: its handler is not done.
   */
  giveUp({ id, request }: PendingRequest, error: Error): boolean {
    const near = this.#open.get(id)?.near;
    if (near === undefined) return id === 0; // to be opened yet, or over
    const goesOn = !near.done;
    if (goesOn) {
      this.#open.delete(id);
      this.#ids.hold(id);
      this.#sender.send(FrameType.giveUp, id, errorPayload(error, request));
    }
    near.giveUp(error);
    return goesOn;
  }

  /**
   * Takes what the carrier brings.
   *
   * @returns A promise that resolves when all of it has been taken, and never
   * rejects; nothing if it has been at once. A carrier that can is to bring
   * nothing meanwhile.
   */
  push(bytes: Uint8Array<ArrayBuffer>): Promise<void> | undefined {
    const taken = this.#receiver.push(bytes);
    const { waiting } = this.#receiver;
    const most = MAX_WAITING * (this.size + 1);
    if (waiting > most) {
      this.#end(
        new RemoteProtocolError(
          `Cannot take more frames as at most ${most} bytes of them may wait: current value is ${waiting}`,
        ),
      );
    }
    return taken;
  }

  /** Takes nothing more: the far side is being killed. */
  close(): void {
    this.#receiver.close();
  }

  /** Ends all requests, and every later one, with an error: the far side is gone. */
  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#reports.fail(error);
    for (const { near } of this.#open.values()) near.fail(error);
  }

  /** Takes a frame. */
  receive(type: FrameType, id: number, payload: Uint8Array<ArrayBuffer>): void {
    const open = this.#open.get(id);
    try {
      if (open !== undefined && type !== FrameType.fault) {
        return open.near.receive(type, payload);
      }
      if (id === 0) return this.#reports.receive(type, payload);
      this.#ids.check(id);
      if (type === FrameType.fault) this.#takeFault(payload, open?.pending);
      if (type === FrameType.done || type === FrameType.failed) {
        this.#ids.release(id);
      }
    } catch (error) {
      this.reject(id, error as RemoteProtocolError);
    }
  }

  /**
   * Ends the request whose frame cannot be understood, on both sides; the far
   * side, if it is no request's.
   */
  reject(id: number, error: RemoteProtocolError): void {
    const open = this.#open.get(id);
    if (open === undefined) {
      if (!this.#ids.has(id)) this.#end(error);
      return; // it may have been on its way when the request ended
    }
    // Further frames of it are ignored, or each would be answered.
    this.#open.delete(id);
    this.#sender.send(FrameType.abort, id, errorPayload(error));
    open.near.fail(error);
  }

  #takeFault(
    payload: Uint8Array<ArrayBuffer>,
    { request, clientAddress }: Partial<PendingRequest> = {},
  ): void {
    const error = errorIn(payload, request as object | undefined);
    try {
      this.#reports.report(error, request, clientAddress);
    } catch (error) {
      this.#end(error as RemoteProtocolError);
    }
  }

  /** Has the far side ended, and its requests; takes nothing more of it. */
  #end(error: RemoteProtocolError): void {
    this.close();
    // If it has no request, nobody else is told; but who waits for it to start.
    if (this.size === 0 && this.isReady) {
      this.#events.onFault(error, undefined, undefined);
    }
    this.fail(error);
    this.#breach.resolve(error);
  }
}
