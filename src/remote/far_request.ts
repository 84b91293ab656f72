import type { FrameType } from "./frames.ts";

/** The far side of one request: what its handler is given, and its frames. */
export interface FarRequest {
  /** What the handler finds in `this.request`. */
  readonly request: unknown;
  /** Takes a frame of the request. */
  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void;
  /** Makes what the handler does with the request reject from now on. */
  fail(error: Error): void;
  /** The same when the handler is done: what waits is interrupted, as at home. */
  end(): void;
  /**
   * Resolves when everything has ended that the handler started without waiting
   * for it; `null` if there is nothing of that kind.
   */
  settled(): Promise<void> | null;
}
