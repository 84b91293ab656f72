import type { BaseServer } from "./base_server.ts";
import { printRequestError } from "./error_report.ts";

/** A request that somebody is working on. */
interface Work<Request> {
  readonly request: Request;
}

/**
 * Leads requests through a server's hooks, from `verifyRequest()` to
 * `closeRequest()`, and knows which are on their way.
 *
 * Whatever a hook throws, the request is released and nothing is thrown here.
 * A hook that is done at once is not waited for: each wait would cost every
 * request a turn of the event queue, and memory while it lasts.
 */
export class RequestLifecycle<Request> {
  readonly #server: BaseServer<Request, Deno.Addr>;
  /** Added before the work begins, removed when it has ended. */
  readonly #work = new Set<Work<Request>>();
  /** Resolved when the last work has ended, for who waits for that. */
  #drained: PromiseWithResolvers<void> | null = null;

  constructor(server: BaseServer<Request, Deno.Addr>) {
    this.#server = server;
  }

  /** The requests being handled. */
  get active(): Request[] {
    return [...new Set([...this.#work].map(({ request }) => request))];
  }

  /** Handles a request; resolves when the server may take the next one. */
  async dispatch(
    [request, clientAddress]: readonly [Request, Deno.Addr],
  ): Promise<void> {
    const work = this.#begin(request);
    let refused = true;
    try {
      const verified = this.#server.verifyRequest(request, clientAddress);
      if (verified === true || await verified) {
        const processed = this.#server.processRequest(request, clientAddress);
        if (processed !== undefined) await processed;
        refused = false;
      }
    } catch (error) {
      await this.report(error, request, clientAddress);
    }
    if (refused) await this.#release(request, clientAddress);
    this.#end(work);
  }

  /** Works on a request while the server takes others. */
  async detach(
    request: Request,
    clientAddress: Deno.Addr,
    handle: () => void | Promise<void>,
  ): Promise<void> {
    const work = this.#begin(request);
    try {
      const handled = handle();
      if (handled !== undefined) await handled;
    } catch (error) {
      await this.report(error, request, clientAddress);
    }
    await this.#release(request, clientAddress);
    this.#end(work);
  }

  /** Resolves when no request is being handled any more. */
  async drained(): Promise<void> {
    while (this.#work.size > 0) {
      this.#drained ??= Promise.withResolvers();
      await this.#drained.promise;
    }
  }

  /** Closes the requests that are being handled. */
  async closeRemaining(): Promise<void> {
    for (const request of this.active) await this.#close(request, undefined);
  }

  /** Passes an error to `handleError()`. */
  async report(
    error: unknown,
    request: Request | undefined,
    clientAddress: Deno.Addr | undefined,
  ): Promise<void> {
    try {
      await this.#server.handleError(error, request, clientAddress);
    } catch (handlerError) {
      printRequestError(handlerError, clientAddress);
    }
  }

  #begin(request: Request): Work<Request> {
    const work = { request };
    this.#work.add(work);
    return work;
  }

  #end(work: Work<Request>): void {
    this.#work.delete(work);
    if (this.#work.size > 0) return;
    this.#drained?.resolve();
    this.#drained = null;
  }

  async #release(request: Request, clientAddress: Deno.Addr): Promise<void> {
    try {
      const ended = this.#server.shutdownRequest(request);
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
      await this.#server.closeRequest(request);
    } catch (error) {
      await this.report(error, request, clientAddress);
      this.#server.abandonRequest(request);
    }
  }
}
