import { RemoteProtocolError } from "../errors.ts";
import { FrameType, MAX_FAULTS } from "./frames.ts";
import { checkEmpty } from "./payload_checks.ts";
import { errorIn } from "./remote_error.ts";

/** What the far side tells the server, beside its requests. */
export interface FarSideEvents {
  /** A handler called `this.server.shutdown()`. */
  onShutdown(): void;
  /**
   * A promise was rejected and nobody handled it; or the far side has broken a
   * rule while it had no request.
   *
   * @param request The request that was being handled, if it was the only one:
   * the rejection is most likely its own, though it may be an earlier one's.
   * @param clientAddress Where that request came from.
   * @returns A promise that resolves when it has been reported, and never
   * rejects; nothing if it has been at once.
   */
  onFault(
    error: Error,
    request: unknown,
    clientAddress: Deno.Addr | undefined,
  ): void | Promise<void>;
}

/** Takes what a far side says of itself, and not of a request. */
export class FarSideReports {
  readonly #events: FarSideEvents;
  readonly #ready = Promise.withResolvers<void>();
  #isReady = false;
  /** How many faults are being reported. */
  #faults = 0;

  constructor(events: FarSideEvents) {
    this.#events = events;
    this.#ready.promise.catch(() => {}); // those who wait for it are told
  }

  /** Resolves when the handler has been imported; rejects if it cannot be. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether the far side has said that it is ready, or why not. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Notes that the far side is gone. */
  fail(error: unknown): void {
    this.#ready.reject(error);
  }

  /**
   * Takes a frame with the ID 0.
   *
   * @throws {RemoteProtocolError} If it breaks the rules.
   */
  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void {
    switch (type) {
      case FrameType.ready:
        return this.#takeReady(payload);
      case FrameType.shutdown:
        checkEmpty(type, payload);
        return this.#events.onShutdown();
      case FrameType.fault:
        return this.report(errorIn(payload), undefined, undefined);
      default:
        throw new RemoteProtocolError(
          `Cannot take a frame of type ${type} as its ID must be a request's: current value is 0`,
        );
    }
  }

  /**
   * Reports a fault.
   *
   * @throws {RemoteProtocolError} If too many are being reported.
   */
  report(
    ...fault: Parameters<FarSideEvents["onFault"]>
  ): void {
    if (this.#faults === MAX_FAULTS) {
      throw new RemoteProtocolError(
        `Cannot report another rejection as at most ${MAX_FAULTS} of a thread or process may be under way: current value is ${
          MAX_FAULTS + 1
        }`,
      );
    }
    const reported = this.#events.onFault(...fault);
    if (reported !== undefined) this.#await(reported);
  }

  async #await(reported: Promise<void>): Promise<void> {
    this.#faults++;
    await reported;
    this.#faults--;
  }

  #takeReady(payload: Uint8Array<ArrayBuffer>): void {
    if (this.#isReady) {
      throw new RemoteProtocolError(
        `Cannot take a frame of type ${FrameType.ready} as it must come once: current value is 2`,
      );
    }
    this.#isReady = true;
    if (payload.length === 0) this.#ready.resolve();
    else this.#ready.reject(errorIn(payload));
  }
}
