import type { BaseServer } from "./base_server.ts";
import { printRequestError } from "./error_report.ts";

/** A request that somebody is working on. */
interface Work<Request> {
  readonly request: Request;
  /** Settled, never rejected, when the work has ended. */
  readonly done: Promise<void>;
}

/**
 * Leads requests through a server's hooks, from `verifyRequest()` to
 * `closeRequest()`, and knows which are on their way.
 *
 * Whatever a hook throws, the request is released and nothing is thrown here.
 */
export class RequestLifecycle<Request> {
  readonly #server: BaseServer<Request, Deno.Addr>;
  /** Added before the work begins, removed when it has ended. */
  readonly #work = new Set<Work<Request>>();

  constructor(server: BaseServer<Request, Deno.Addr>) {
    this.#server = server;
  }

  /** The requests being handled. */
  get active(): Request[] {
    return [...new Set([...this.#work].map(({ request }) => request))];
  }

  /** Handles a request; resolves when the server may take the next one. */
  dispatch(
    [request, clientAddress]: readonly [Request, Deno.Addr],
  ): Promise<void> {
    return this.#track(request, this.#handle(request, clientAddress));
  }

  /** Works on a request while the server takes others. */
  detach(
    request: Request,
    clientAddress: Deno.Addr,
    work: () => void | Promise<void>,
  ): void {
    this.#track(request, this.#workOn(request, clientAddress, work));
  }

  /** Resolves when no request is being handled any more. */
  async drained(): Promise<void> {
    while (this.#work.size > 0) {
      await Promise.all([...this.#work].map(({ done }) => done));
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

  /** `done` must not reject. */
  #track(request: Request, done: Promise<void>): Promise<void> {
    const work = { request, done };
    this.#work.add(work);
    return done.then(() => {
      this.#work.delete(work);
    });
  }

  async #handle(request: Request, clientAddress: Deno.Addr): Promise<void> {
    try {
      if (await this.#server.verifyRequest(request, clientAddress)) {
        await this.#server.processRequest(request, clientAddress);
        return;
      }
    } catch (error) {
      await this.report(error, request, clientAddress);
    }
    await this.#release(request, clientAddress);
  }

  async #workOn(
    request: Request,
    clientAddress: Deno.Addr,
    work: () => void | Promise<void>,
  ): Promise<void> {
    try {
      await work();
    } catch (error) {
      await this.report(error, request, clientAddress);
    }
    await this.#release(request, clientAddress);
  }

  async #release(request: Request, clientAddress: Deno.Addr): Promise<void> {
    try {
      await this.#server.shutdownRequest(request);
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
