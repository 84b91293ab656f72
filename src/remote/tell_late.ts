import { LAST_GRACE, succeedsWithin } from "../streams/time_limit.ts";
import type { PendingRequest, RequestRunner } from "./pending_request.ts";

/**
 * Tells a handler that has just begun what came before it: that it is to end.
 *
 * If its client has asked something while it waited, the handler has a moment to
 * answer first: else one that reads with its signal would not even see it.
 *
 * @param handled Settled when the handler is done.
 */
export async function tellLate(
  teller: Pick<RequestRunner, "stop">,
  pending: PendingRequest,
  handled: Promise<void>,
): Promise<void> {
  if (pending.hasSpoken && await succeedsWithin(handled, LAST_GRACE)) return;
  teller.stop(pending);
}
