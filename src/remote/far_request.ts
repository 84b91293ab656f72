import { noteOrigin } from "../streams/error_origin.ts";
import type { FrameType } from "./frames.ts";

/** The far side of one request: what its handler is given, and its frames. */
export abstract class FarRequest {
  /** What the handler finds in `this.request`. */
  abstract readonly request: object;
  /** Why the handler is to end, if it is. */
  #reason: Error | null = null;
  /** Made on first use: most handlers have none. */
  #controller: AbortController | null = null;

  /** Tells the handler when it is to end. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** Tells the handler to end, and nothing else; the first reason counts. */
  stop(reason: Error): void {
    if (this.#reason !== null) return;
    this.#reason = reason;
    this.#controller?.abort(reason);
  }

  /** Takes a frame of the request. */
  abstract receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void;

  /**
   * Makes what the handler does with the request reject from now on, and tells
   * it to end.
   */
  abstract fail(error: Error): void;

  /**
   * Makes it reject when the handler is done: what waits is interrupted, as at
   * home.
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
