import type { FrameType } from "./frames.ts";

/** The near side of one request: what the server does for a far handler. */
export interface NearRequest {
  /** Begins the request on the far side; settled when its handler is done. */
  run(): Promise<void>;
  /** Takes a frame of the request. */
  receive(type: FrameType, payload: Uint8Array<ArrayBuffer>): void;
  /** Gives the request up: `run()` rejects with the error. */
  fail(error: unknown): void;
}
