import { socketsAsked } from "../streams/sockets_asked.ts";
import { toMilliseconds } from "../streams/time_limit.ts";
import type { InterruptibleWait } from "./interruptible_wait.ts";

/** How long a stopped run takes further requests that wait already, in seconds. */
export const TAKING_LIMIT = 0.1;
/** After how long without any none are taken to wait, in milliseconds. */
const QUIET_MS = 5;

/** Where waiting requests are taken from, and how far. */
export interface WaitingRequests<Arrival> {
  readonly arrivals: InterruptibleWait<Arrival>;
  /** Whether there is room for one more than have been taken. */
  hasRoom(taken: number): boolean;
  /** Decides what a failed wait means; resolves to whether the next may succeed. */
  recover(error: unknown): Promise<boolean>;
}

/**
 * Takes the requests that wait already, until none comes for a moment.
 *
 * @param taken Where they are put: also if the wait fails for good.
 * @throws {unknown} What `recover()` throws.
 */
export async function takeWaiting<Arrival>(
  { arrivals, hasRoom, recover }: WaitingRequests<Arrival>,
  taken: Arrival[],
): Promise<void> {
  const end = performance.now() + toMilliseconds(TAKING_LIMIT);
  while (performance.now() < end && hasRoom(taken.length)) {
    try {
      const arrival = await nextSoon(arrivals);
      if (arrival === null) return;
      taken.push(arrival);
    } catch (error) {
      if (!await recover(error)) return; // else the next client may be a good one
    }
  }
}

/** The next request; `null` if none comes for a moment. */
async function nextSoon<Arrival>(
  arrivals: InterruptibleWait<Arrival>,
): Promise<Arrival | null> {
  const waiting = arrivals.next();
  let settled = false;
  const timer = setTimeout(async () => {
    await socketsAsked(); // the loop may have been busy all the while
    if (!settled) arrivals.wake();
  }, QUIET_MS);
  try {
    return await waiting;
  } finally {
    settled = true;
    clearTimeout(timer);
  }
}
