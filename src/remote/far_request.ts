import { Abortable } from "../streams/abortable.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import type { FrameType } from "./frames.ts";

/** The far side of one request: what its handler is given, and its frames. */
export abstract class FarRequest extends Abortable {
  /** What the handler finds in `this.request`. */
  abstract readonly request: object;

  /** Finds what a handler was given, without a search: it is, or has, its request. */
  static of(request: unknown): FarRequest | null {
    const far = Array.isArray(request) ? request[1] : request; // a datagram's
    return far instanceof FarRequest && far.request === request ? far : null;
  }

  /** Takes a frame of the request. */
  abstract receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void;

  /**
   * Makes what the handler does with the request reject from now on, and tells
   * it to end.
   */
  abstract fail(error: Error): void;

  /**
   * Makes it reject when the handler is done, or nobody waits for it any more:
   * what waits is interrupted, as at home. Nothing is sent from now on, and
   * nothing kept.
   */
  abstract end(): void;

  /**
   * Resolves when everything has ended that the handler started without waiting
   * for it; `null` if there is nothing of that kind.
   */
  settled(): Promise<void> | null {
    return null;
  }

  /** Makes the error for what is done with the request after its end. */
  protected endedError(): Error {
    const error = new Deno.errors.BadResource("The request has ended");
    noteOrigin(error, this);
    return error;
  }
}
