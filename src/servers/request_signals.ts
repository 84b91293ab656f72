import { ServerStoppingError } from "../errors.ts";
import { isConnection, onLoss } from "../streams/loss_listeners.ts";
import { LAST_GRACE, succeedsWithin } from "../streams/time_limit.ts";
import type { ActiveRequest } from "./active_request.ts";
import type { ActiveRequests } from "./active_requests.ts";
import type { Executor } from "./executor.ts";

/** What is asked of the server. */
export interface SignalMeans {
  /** What runs handlers, if any have run. */
  executor(): Pick<Executor, "abort" | "abortAll"> | null;
}

/** Tells handlers that they are to end, by the signals of their requests. */
export class RequestSignals<Request> {
  readonly #active: ActiveRequests<Request>;
  readonly #means: SignalMeans;

  constructor(active: ActiveRequests<Request>, means: SignalMeans) {
    this.#active = active;
    this.#means = means;
  }

  /** The signal of a request; one that is never aborted if it is not known. */
  of(request: unknown): AbortSignal {
    const active = this.#active.find(request);
    if (active === null) return new AbortController().signal;
    if (!active.hasSignal && isConnection(request)) {
      onLoss(request, (error) => active.abort(error));
    }
    return active.signal;
  }

  /** Tells the handlers of all requests that the server is to stop. */
  stop(): void {
    const reason = stoppingError();
    for (const active of this.#active) active.abort(reason);
    this.#means.executor()?.abortAll(reason);
  }

  /**
   * Tells those of requests that have come late, when they have had a moment: a
   * client that has sent its question already is to be answered.
   */
  stopSoon(late: readonly ActiveRequest<Request>[]): void {
    for (const active of late) this.#stopSoon(active);
  }

  async #stopSoon(active: ActiveRequest<Request>): Promise<void> {
    if (await succeedsWithin(active.over(), LAST_GRACE)) return;
    const reason = stoppingError();
    active.abort(reason);
    const { request, clientAddress } = active;
    this.#means.executor()?.abort(request, reason, clientAddress);
  }
}

function stoppingError(): ServerStoppingError {
  return new ServerStoppingError(
    "Cannot go on with the request as the server is to stop",
  );
}
