import { Deadlines } from "../streams/deadlines.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import {
  LAST_GRACE,
  succeedsWithin,
  toMilliseconds,
} from "../streams/time_limit.ts";
import type { ActiveRequest } from "./active_request.ts";
import type { Executor } from "./executor.ts";
import type { RequestEnding } from "./request_ending.ts";

/**
 * How long an executor may take to end a request, with what its handler has
 * written before, in seconds.
 */
const ENDING_LIMIT = 3;

/** What is asked of the server. */
export interface OvertimeMeans {
  /** How long a request may take, in seconds; `null` for ever. */
  requestTimeout(): number | null;
  /** What runs handlers, if any have run. */
  executor(): Pick<Executor, "abort" | "giveUp"> | null;
}

/**
 * Ends requests that take longer than `requestTimeout`.
 *
 * JavaScript cannot end a function that does not want to. So its handler is told,
 * finds its connection closed, and is left to itself a little later. A handler on
 * a thread or in a process is left, or ended, by what runs it.
 */
export class Overtime<Request> {
  readonly #ending: RequestEnding<Request>;
  readonly #means: OvertimeMeans;

  constructor(ending: RequestEnding<Request>, means: OvertimeMeans) {
    this.#ending = ending;
    this.#means = means;
  }

  /** Begins to count the time of a request, if it has a limit. */
  start(active: ActiveRequest<Request>): void {
    const seconds = this.#means.requestTimeout();
    if (seconds === null) return;
    const duration = toMilliseconds(seconds);
    if (duration < seconds * 1000) return; // no timer goes as far as that
    const deadlines = Deadlines.of(duration);
    const deadline = deadlines.start(() => {
      // Whoever waits until the server is done waits for the report, too.
      this.#ending.active.report(this.#expire(active, seconds));
    });
    active.time(() => deadlines.end(deadline));
  }

  async #expire(
    active: ActiveRequest<Request>,
    seconds: number,
  ): Promise<void> {
    const { request, clientAddress } = active;
    const error = active.overtime = tooLong(seconds, request);
    active.note("failed");
    active.abort(error);
    const isElsewhere =
      this.#means.executor()?.abort(request, error, clientAddress) ?? false;
    // A handler that answers at once is heard.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (!isElsewhere && active.isTimed) this.#ending.close(request);
    await succeedsWithin(active.over(), LAST_GRACE);
    const reporting = this.#ending.report(error, request, clientAddress);
    this.#ending.active.report(reporting);
    await succeedsWithin(reporting, LAST_GRACE);
    // What is not timed any more has been handled, and is about to be closed.
    if (!active.isTimed) return;
    this.#means.executor()?.giveUp(request, error, clientAddress);
    if (isElsewhere) await succeedsWithin(active.over(), ENDING_LIMIT);
    await this.#ending.abandon(active);
  }
}

function tooLong(seconds: number, request: unknown): Error {
  const error = new Deno.errors.TimedOut(
    `Cannot handle the request within the requestTimeout: current value is ${seconds} seconds`,
  );
  if (Object(request) === request) noteOrigin(error, request as object);
  return error;
}
