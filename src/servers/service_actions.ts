import { ELSEWHERE, noteOrigin } from "../streams/error_origin.ts";
import { toMilliseconds } from "../streams/time_limit.ts";
import type { Run } from "./run.ts";
import type { ServerHooks } from "./server_hooks.ts";

/** Calls `serviceActions()` while a server serves. */
export class ServiceActions {
  readonly #hooks: Pick<ServerHooks<never>, "serviceActions">;
  readonly #report: (error: unknown) => Promise<void>;

  /**
   * Creates an instance.
   *
   * @param report Takes what the hook throws; never rejects.
   */
  constructor(
    hooks: Pick<ServerHooks<never>, "serviceActions">,
    report: (error: unknown) => Promise<void>,
  ) {
    this.#hooks = hooks;
    this.#report = report;
  }

  /**
   * Has a run woken at least every `pollInterval` seconds, if it is one that
   * calls them.
   *
   * @returns Ends that.
   */
  pace(run: Run, pollInterval: number | null): Disposable {
    const timer = pollInterval === null || !run.paced
      ? undefined
      : setInterval(() => run.wake(), toMilliseconds(pollInterval));
    return { [Symbol.dispose]: () => clearInterval(timer) };
  }

  /** Calls them once; never rejects. */
  async call(): Promise<void> {
    try {
      await this.#hooks.serviceActions();
    } catch (error) {
      noteOrigin(error, ELSEWHERE);
      await this.#report(error);
    }
  }
}
