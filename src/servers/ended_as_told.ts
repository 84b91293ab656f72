import { ChildProcessError, ServerStoppingError } from "../errors.ts";
import { isFrom, originOf } from "../streams/error_origin.ts";
import type { ActiveRequest } from "./active_request.ts";
import { isOne, partsOf } from "./error_parts.ts";

/** What a handler finds when its connection has been closed here. */
const ENDS = [
  Deno.errors.Interrupted,
  Deno.errors.BadResource,
  Deno.errors.BrokenPipe,
];
/** And what it finds when it has waited for too long. */
const ENDS_OR_TIMES = [...ENDS, Deno.errors.TimedOut];

/** What is known of a request that has been told to end. */
type Told = Pick<
  ActiveRequest<unknown>,
  "request" | "reason" | "overtime"
>;

/**
 * Whether an error says no more than that a handler has ended as it was told to:
 * its signal's reason, or something that was caused by that, as Node.js throws
 * it; after the time-out also what a connection throws that has been closed.
 */
export function hasEndedAsTold(error: unknown, told: Told): boolean {
  if (told.reason === null) return false;
  try {
    return partsOf(error).every((part) =>
      isReason(part, told) || isReason(Object(part).cause, told) ||
      isEndOfOvertime(part, told)
    );
  } catch {
    return false; // even to look at an error may throw
  }
}

/** One that comes from a thread or a child process is another object. */
function isReason(error: unknown, { reason, overtime }: Told): boolean {
  if (error instanceof ServerStoppingError) {
    return reason instanceof ServerStoppingError;
  }
  return overtime !== null && error instanceof Deno.errors.TimedOut &&
    error.message === overtime.message;
}

function isEndOfOvertime(
  error: unknown,
  { request, overtime }: Told,
): boolean {
  if (overtime === null) return false;
  // Its child has been ended for another request, which was too late as well.
  if (error instanceof ChildProcessError) {
    return error.cause instanceof Deno.errors.TimedOut;
  }
  // A read or a write may have had a limit of its own, and the same moment.
  if (isFrom(error, request)) return isOne(error, ENDS_OR_TIMES);
  return originOf(error) === undefined && isOne(error, ENDS);
}
