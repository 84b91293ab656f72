import { RemoteProtocolError } from "../errors.ts";
import type { FarSideEvents } from "./far_side_reports.ts";
import { MAX_REPORTS } from "./frames.ts";

/** Takes an error, and the request that it belongs to, if it is known. */
export type Report = (
  error: unknown,
  request: unknown,
  clientAddress: Deno.Addr | undefined,
) => Promise<void>;

/** What far sides may cause in their server. */
export interface FarControlled {
  /** Called when a handler calls `this.server.shutdown()`. */
  shutdownByHandler(): void | Promise<void>;
}

/** Tells a server what its far sides tell, as fast as it can take it. */
export class ServerEvents implements FarSideEvents {
  readonly #server: FarControlled;
  readonly #report: Report;
  #shuttingDown = false;
  #reports = 0;
  /** How many faults were not reported, as too many were being so. */
  #leftOut = 0;

  /**
   * Creates an instance.
   *
   * @param report Must not reject.
   */
  constructor(server: FarControlled, report: Report) {
    this.#server = server;
    this.#report = report;
  }

  onShutdown(): void {
    if (!this.#shuttingDown) this.#shutDown();
  }

  onFault(...fault: Parameters<Report>): Promise<void> | undefined {
    if (this.#reports < MAX_REPORTS) return this.#take(...fault);
    this.#leftOut++;
    return undefined;
  }

  async #take(...fault: Parameters<Report>): Promise<void> {
    this.#reports++;
    await this.#report(...fault);
    this.#reports--;
    if (this.#leftOut === 0) return;
    const count = MAX_REPORTS + this.#leftOut;
    this.#leftOut = 0;
    await this.#take(
      new RemoteProtocolError(
        `Cannot report every rejection as at most ${MAX_REPORTS} may be under way: current value is ${count}`,
      ),
      undefined,
      undefined,
    );
  }

  async #shutDown(): Promise<void> {
    this.#shuttingDown = true;
    try {
      await this.#server.shutdownByHandler();
    } catch (error) {
      await this.#report(error, undefined, undefined);
    } finally {
      this.#shuttingDown = false;
    }
  }
}
