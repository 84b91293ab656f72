import { watchForLoss } from "../streams/loss_listeners.ts";
import type { HandlerServer, RequestContext } from "../types.ts";

/**
 * Finds the signal of a request: its own, if it carries one, as a wrapper may
 * that its server does not know; or else the one that the server has for it. One
 * that is never aborted if there is neither, as where a test calls a handler.
 */
export function requestSignal(request: unknown, server: unknown): AbortSignal {
  const { signal } = Object(request) as { readonly signal?: unknown };
  if (signal instanceof AbortSignal) return signal;
  const asked = Object(server) as Partial<HandlerServer>;
  return typeof asked.requestSignal === "function"
    ? asked.requestSignal(request)
    : new AbortController().signal;
}

/** What a function is given besides: nobody pays for what it does not name. */
export class LazyContext implements RequestContext {
  readonly #request: unknown;
  readonly #server: unknown;
  #signal: AbortSignal | undefined;

  constructor(request: unknown, server: unknown) {
    this.#request = request;
    this.#server = server;
  }

  get signal(): AbortSignal {
    if (this.#signal === undefined) {
      this.#signal = requestSignal(this.#request, this.#server);
      watchForLoss(this.#request); // a function has no rfile that would tell
    }
    return this.#signal;
  }
}
