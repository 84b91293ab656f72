import type { RequestLifecycle } from "./request_lifecycle.ts";
import type { Run } from "./run.ts";
import type { ServeMeans } from "./serve_means.ts";
import type { ServiceActions } from "./service_actions.ts";

/** Holds a loop back while no further request may be taken. */
export class Admission {
  readonly #means: Pick<ServeMeans, "whenFree">;
  readonly #lifecycle: Pick<
    RequestLifecycle<never>,
    "verifying" | "verified"
  >;
  readonly #actions: ServiceActions;

  constructor(
    means: Pick<ServeMeans, "whenFree">,
    lifecycle: Pick<RequestLifecycle<never>, "verifying" | "verified">,
    actions: ServiceActions,
  ) {
    this.#means = means;
    this.#lifecycle = lifecycle;
    this.#actions = actions;
  }

  /**
   * Whether the executor takes requests. What `verifyRequest()` holds has been
   * taken, too.
   *
   * @param taken How many have been that it has not been given yet.
   * @returns `null` if it does, or else a promise for when to ask again.
   */
  whenFree(taken = 0): Promise<void> | null {
    const { verifying } = this.#lifecycle;
    const held = this.#means.whenFree(taken + verifying);
    return held === null || verifying === 0
      ? held
      : Promise.race([held, this.#lifecycle.verified()]);
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
