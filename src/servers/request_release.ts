import { LAST_GRACE, succeedsWithin } from "../streams/time_limit.ts";
import type { ServerHooks } from "./server_hooks.ts";

/** What releases a request. */
export type ReleaseHooks<Request> = Pick<
  ServerHooks<Request>,
  "shutdownRequest" | "closeRequest"
>;

/** Passes an error to `handleError()`, and never rejects. */
export type ReportError<Request> = (
  error: unknown,
  request: Request | undefined,
  clientAddress: Deno.Addr | undefined,
) => Promise<void>;

/** Releases requests by a server's hooks, whatever these do. */
export class RequestRelease<Request> {
  readonly #hooks: ReleaseHooks<Request>;
  readonly #report: ReportError<Request>;

  constructor(hooks: ReleaseHooks<Request>, report: ReportError<Request>) {
    this.#hooks = hooks;
    this.#report = report;
  }

  /** Shuts a request down, which closes it. */
  shutDown(request: Request, clientAddress: Deno.Addr): void | Promise<void> {
    let ended: void | Promise<void>;
    try {
      ended = this.#hooks.shutdownRequest(request);
      if (ended === undefined) return;
    } catch (error) {
      ended = Promise.reject(error);
    }
    return this.#waitFor(ended, request, clientAddress);
  }

  async #waitFor(
    ended: Promise<void>,
    request: Request,
    clientAddress: Deno.Addr,
  ): Promise<void> {
    try {
      await ended;
    } catch (error) {
      await this.#report(error, request, clientAddress);
      await this.close(request, clientAddress);
    }
  }

  /** Closes a request. */
  async close(request: Request, clientAddress?: Deno.Addr): Promise<void> {
    try {
      await this.#hooks.closeRequest(request);
    } catch (error) {
      await this.#report(error, request, clientAddress);
      await drop(request);
    }
  }

  /** Closes a request, and never takes long. */
  async closeInTime(request: Request): Promise<void> {
    if (await succeedsWithin(this.close(request), LAST_GRACE)) return;
    await succeedsWithin(drop(request), LAST_GRACE);
  }
}

/** Releases what the platform holds, although `closeRequest()` has failed. */
async function drop(request: unknown): Promise<void> {
  try {
    await (request as Partial<Closable> | null)?.close?.();
  } catch {
    // It is closed already, or throws what has just been reported.
  }
}

interface Closable {
  close(): void | Promise<void>;
}
