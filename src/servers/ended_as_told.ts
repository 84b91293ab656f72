import { ServerStoppingError } from "../errors.ts";

/** What a handler finds when its connection has been closed here. */
const ENDS = [
  Deno.errors.TimedOut,
  Deno.errors.Interrupted,
  Deno.errors.BadResource,
  Deno.errors.BrokenPipe,
];

/**
 * Whether an error says no more than that a handler has ended as it was told to.
 *
 * One that comes from a thread or a child process is another object of the same
 * class.
 *
 * @param reason Why the handler was to end; `null` if it was not.
 */
export function hasEndedAsTold(error: unknown, reason: Error | null): boolean {
  if (reason instanceof ServerStoppingError) {
    return error instanceof ServerStoppingError;
  }
  return reason instanceof Deno.errors.TimedOut &&
    (error === reason || ENDS.some((End) => error instanceof End));
}
