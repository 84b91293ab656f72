import { Condition } from "../streams/condition.ts";
import { printRequestError } from "./error_report.ts";
import type { ServerHooks } from "./server_hooks.ts";

/** A request, and where it came from. */
export type Arrival<Request> = readonly [
  request: Request,
  clientAddress: Deno.Addr,
];

/** The hooks that a request is led through. */
export type RequestHooks<Request> = Pick<
  ServerHooks<Request>,
  | "verifyRequest"
  | "processRequest"
  | "shutdownRequest"
  | "closeRequest"
  | "handleError"
>;

/**
 * Leads requests through a server's hooks, from `verifyRequest()` to
 * `closeRequest()`, and knows which are on their way.
 *
 * Whatever a hook throws, the request is released and nothing is thrown here.
 * A hook that is done at once is not waited for: each wait would cost every
 * request a turn of the event queue, and memory while it lasts.
 */
export class RequestLifecycle<Request> {
  readonly #hooks: RequestHooks<Request>;
  /** How many pieces of work go on with each request. */
  readonly #work = new Map<Request, number>();
  /** The last request has ended. */
  readonly #emptied = new Condition();

  constructor(hooks: RequestHooks<Request>) {
    this.#hooks = hooks;
  }

  /** How many requests are being handled. */
  get size(): number {
    return this.#work.size;
  }

  /** The requests being handled. */
  get active(): Request[] {
    return [...this.#work.keys()];
  }

  /** Handles a request; resolves when the server may take the next one. */
  async dispatch([request, clientAddress]: Arrival<Request>): Promise<void> {
    this.#begin(request);
    let refused = true;
    try {
      const verified = this.#hooks.verifyRequest(request, clientAddress);
      if (verified === true || await verified) {
        const processed = this.#hooks.processRequest(request, clientAddress);
        if (processed !== undefined) await processed;
        refused = false;
      }
    } catch (error) {
      await this.report(error, request, clientAddress);
    }
    if (refused) await this.#shutDown(request, clientAddress);
    this.#end(request);
  }

  /** Works on a request while the server takes others, and then releases it. */
  async detach(
    request: Request,
    clientAddress: Deno.Addr,
    work: (request: Request, clientAddress: Deno.Addr) => void | Promise<void>,
  ): Promise<void> {
    this.#begin(request);
    try {
      const worked = work.call(this.#hooks, request, clientAddress);
      if (worked !== undefined) await worked;
    } catch (error) {
      await this.report(error, request, clientAddress);
    }
    await this.#shutDown(request, clientAddress);
    this.#end(request);
  }

  /** Releases a request that nobody is to handle. */
  async release([request, clientAddress]: Arrival<Request>): Promise<void> {
    this.#begin(request);
    await this.#shutDown(request, clientAddress);
    this.#end(request);
  }

  /** Resolves when no request is being handled any more. */
  async drained(): Promise<void> {
    while (this.#work.size > 0) await this.#emptied.wait();
  }

  /** Closes the requests that are being handled. */
  async closeRemaining(): Promise<void> {
    for (const request of this.active) await this.#close(request, undefined);
  }

  /** Passes an error to `handleError()`, and never throws. */
  async report(
    error: unknown,
    request: Request | undefined,
    clientAddress: Deno.Addr | undefined,
  ): Promise<void> {
    try {
      await this.#hooks.handleError(error, request, clientAddress);
    } catch (handlerError) {
      await printRequestError(handlerError, request, clientAddress);
    }
  }

  #begin(request: Request): void {
    this.#work.set(request, (this.#work.get(request) ?? 0) + 1);
  }

  #end(request: Request): void {
    const others = this.#work.get(request)! - 1;
    if (others > 0) return void this.#work.set(request, others);
    this.#work.delete(request);
    if (this.#work.size === 0) this.#emptied.notify();
  }

  async #shutDown(request: Request, clientAddress: Deno.Addr): Promise<void> {
    try {
      const ended = this.#hooks.shutdownRequest(request);
      if (ended !== undefined) await ended;
    } catch (error) {
      await this.report(error, request, clientAddress);
      await this.#close(request, clientAddress);
    }
  }

  async #close(
    request: Request,
    clientAddress: Deno.Addr | undefined,
  ): Promise<void> {
    try {
      await this.#hooks.closeRequest(request);
    } catch (error) {
      await this.report(error, request, clientAddress);
      await drop(request);
    }
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
