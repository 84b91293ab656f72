import { RemoteProtocolError } from "../errors.ts";
import type { FrameType } from "./frames.ts";

/**
 * Reads the payload of a `credit` frame.
 *
 * @param least Less is refused: each frame would grant next to nothing.
 */
export function creditOf(payload: Uint8Array, least = 0): number {
  const count = viewOfLength(4, payload, "take credit").getUint32(0);
  if (count >= least) return count;
  throw new RemoteProtocolError(
    `Cannot take credit as it must be ${least} bytes or more: current value is ${count}`,
  );
}

/** Reads the payload of a `limit` frame. */
export function limitOf(payload: Uint8Array): number {
  const seconds = viewOfLength(8, payload, "limit writes").getFloat64(0);
  if (seconds >= 0 && seconds < Infinity) return seconds;
  throw new RemoteProtocolError(
    `Cannot limit writes as the limit must be a finite number of seconds, not negative: current value is ${seconds}`,
  );
}

/** Reads the payload of a frame that switches something: `noDelay`, `keepAlive`. */
export function switchIn(type: FrameType, payload: Uint8Array): boolean {
  const action = `take a frame of type ${type}`;
  const value = viewOfLength(1, payload, action).getUint8(0);
  if (value <= 1) return value === 1;
  throw new RemoteProtocolError(
    `Cannot ${action} as it must be 0 or 1: current value is ${value}`,
  );
}

/** Checks that a frame of this type, which says all, has no payload. */
export function checkEmpty(type: FrameType, payload: Uint8Array): void {
  if (payload.length === 0) return;
  throw new RemoteProtocolError(
    `Cannot take a frame of type ${type} as it must have no payload: current value is ${payload.length} bytes`,
  );
}

function viewOfLength(
  length: number,
  payload: Uint8Array,
  action: string,
): DataView {
  if (payload.length === length) {
    return new DataView(payload.buffer, payload.byteOffset, length);
  }
  throw new RemoteProtocolError(
    `Cannot ${action} as its frame must have ${length} bytes: current value is ${payload.length}`,
  );
}
