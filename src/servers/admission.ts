import type { RequestLifecycle } from "./request_lifecycle.ts";
import type { Run } from "./run.ts";
import type { ServeMeans } from "./serve_means.ts";
import type { ServiceActions } from "./service_actions.ts";

type AdmissionMeans = Pick<ServeMeans, "whenFree" | "maxActiveRequests">;
/** The requests that have been taken. */
type Requests = Pick<
  RequestLifecycle<unknown>,
  "active" | "verification"
>;

/** Holds a loop back while no further request may be taken. */
export class Admission {
  readonly #means: AdmissionMeans;
  readonly #lifecycle: Requests;
  readonly #actions: ServiceActions;

  constructor(
    means: AdmissionMeans,
    lifecycle: Requests,
    actions: ServiceActions,
  ) {
    this.#means = means;
    this.#lifecycle = lifecycle;
    this.#actions = actions;
  }

  /**
   * Whether there may be one more active request, and the executor takes one.
   * What `verifyRequest()` holds has been taken, too.
   *
   * @param taken How many have been that do not count yet.
   * @returns `null` if it does, or else a promise for when to ask again.
   */
  whenFree(taken = 0): Promise<void> | null {
    const { active, verification } = this.#lifecycle;
    if (active.taken + taken >= this.#means.maxActiveRequests()) {
      return active.shrunk();
    }
    const held = this.#means.whenFree(taken + verification.size);
    return held === null || verification.size === 0
      ? held
      : Promise.race([held, verification.decided()]);
  }

  /** Waits until it does, or the run is stopped. */
  async wait(run: Run): Promise<void> {
    let held: Promise<void> | null;
    while (!run.stopped && (held = this.whenFree()) !== null) {
      const source = held;
      await run.until(
        () => source,
        () => run.paced ? this.#actions.call() : undefined,
      );
    }
  }
}
