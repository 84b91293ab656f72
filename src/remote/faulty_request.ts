import { isFrom, originOf } from "../streams/error_origin.ts";
import { FarRequest } from "./far_request.ts";

/**
 * Finds the request that a rejection belongs to that nobody has handled.
 *
 * Most likely it is the one that is being handled, though an earlier one may
 * have left it behind. Among several there is no telling, unless it was the
 * request's connection that failed; nor is there if it was an earlier one's.
 */
export function faultyRequest(
  reason: unknown,
  open: ReadonlyMap<number, FarRequest>,
): readonly [id: number, far?: FarRequest] {
  for (const entry of open) if (isFrom(reason, entry[1].request)) return entry;
  const isEarlier = originOf(reason) instanceof FarRequest;
  const [only] = open;
  return only === undefined || open.size > 1 || isEarlier ? [0] : only;
}
