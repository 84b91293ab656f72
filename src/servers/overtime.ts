import { Deadlines } from "../streams/deadlines.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import {
  LAST_GRACE,
  succeedsWithin,
  toMilliseconds,
} from "../streams/time_limit.ts";
import type { ActiveRequest } from "./active_request.ts";
import type { ActiveRequests } from "./active_requests.ts";
import type { Executor } from "./executor.ts";

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
  executor(): Executor | null;
}

/** What is done with a request that has taken too long. */
interface Handling<Request> {
  readonly active: ActiveRequests<Request>;
  close(request: Request): Promise<void>;
  report(
    error: unknown,
    request: Request | undefined,
    clientAddress: Deno.Addr | undefined,
  ): Promise<void>;
}

/**
 * Ends requests that take longer than `requestTimeout`.
 *
 * JavaScript cannot end a function that does not want to. So its handler is told,
 * finds its connection closed, and is left to itself a little later. A handler on
 * a thread or in a process is left, or ended, by what runs it.
 */
export class Overtime<Request> {
  readonly #handling: Handling<Request>;
  readonly #means: OvertimeMeans;

  constructor(handling: Handling<Request>, means: OvertimeMeans) {
    this.#handling = handling;
    this.#means = means;
  }

  /** Begins to count the time of a request, until it is over. */
  start(active: ActiveRequest<Request>, seconds: number): void {
    const deadlines = Deadlines.of(toMilliseconds(seconds));
    const deadline = deadlines.start(() => this.#expire(active, seconds));
    active.isTimed = true;
    active.whenOver(() => deadlines.end(deadline));
  }

  async #expire(
    active: ActiveRequest<Request>,
    seconds: number,
  ): Promise<void> {
    const { request, clientAddress } = active;
    const error = new Deno.errors.TimedOut(
      `Cannot handle the request within the requestTimeout: current value is ${seconds} seconds`,
    );
    if (typeof request === "object") noteOrigin(error, request as object);
    active.outcome = "failed";
    active.abort(error);
    const isElsewhere = this.#means.executor()?.abort(request, error) ?? false;
    const over = active.over();
    // A handler that answers at once is heard.
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (!isElsewhere) await this.#handling.close(request);
    const ended = await succeedsWithin(over, LAST_GRACE);
    await this.#handling.report(error, request, clientAddress);
    if (ended) return;
    if (isElsewhere) {
      this.#means.executor()?.giveUp(request, error);
      await succeedsWithin(over, ENDING_LIMIT);
      await this.#handling.close(request);
    }
    this.#handling.active.leave(active);
  }
}
