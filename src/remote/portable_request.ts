import { inspected } from "../inspected.ts";
import type { StreamRequest } from "../types.ts";

/** Whether a request is of a kind that can be carried to another isolate. */
export function isPortable(request: unknown): boolean {
  return Array.isArray(request) || isConnection(request);
}

/** Whether a request is a connection, or a wrapper of one, that can be read. */
export function isConnection(request: unknown): request is StreamRequest {
  return typeof (request as { read?: unknown } | null)?.read === "function";
}

/** Says why a request cannot be carried to another isolate. */
export function notPortable(request: unknown): TypeError {
  return new TypeError(
    `Cannot have the request handled elsewhere as it must be a connection or a datagram, [data, socket]: current value is ${
      inspected(request)
    }`,
  );
}
