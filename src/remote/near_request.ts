import type { FrameType } from "./frames.ts";

/** The near side of one request: what the server does for a far handler. */
export interface NearRequest {
  /** Begins the request on the far side; settled when its handler is done. */
  run(): Promise<void>;
  /** Takes a frame of the request. */
  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void;
  /** Whether its handler is done: the far side says nothing more of it. */
  readonly done: boolean;
  /** The far side cannot go on: `run()` rejects with the error, unless it is done. */
  fail(error: unknown): void;
  /** Nobody waits any more: `run()` rejects with the error, done or not. */
  giveUp(error: unknown): void;
}
