/** Options for {@linkcode BaseServer}; `null` in their place stands for none. */
export interface ServerOptions {
  /**
   * Whether the constructor binds and activates the server. If not, call
   * `serverBind()` and `serverActivate()` later.
   *
   * @default {true}
   */
  bindAndActivate?: boolean;
  /**
   * The longest wait of `handleRequest()`, in seconds; `null` for ever.
   *
   * @default {null}
   */
  timeout?: number | null;
  /**
   * Whether `serverClose()` waits for the requests being handled.
   *
   * @default {true}
   */
  blockOnClose?: boolean;
  /**
   * The longest wait of `serverClose()` and `shutdown()`, in seconds; `null` for
   * ever. The requests that are left then are closed.
   *
   * @default {null}
   */
  drainTimeout?: number | null;
  /**
   * Anything that the handlers should find in `this.server.data`. For handlers
   * in a Worker or a child process it must be structured-cloneable; memory that
   * is shared can be sent to a Worker only.
   *
   * @default {undefined}
   */
  data?: unknown;
}

/** Options for {@linkcode BaseServer.serveForever}. */
export interface ServeForeverOptions {
  /** Stops serving when it is aborted, as `shutdown()` does. */
  signal?: AbortSignal;
  /**
   * How often `serviceActions()` is called while no request comes, in seconds;
   * `null` for never. Requests are not waited for by polling.
   *
   * @default {0.5}
   */
  pollInterval?: number | null;
}

/**
 * The fields that a server has for a mixin's options, under the same names:
 * see the options for what they mean. They may be changed at any time.
 *
 * @typeParam Options The mixin's options.
 */
export type Settings<Options> = {
  -readonly [Name in keyof Options]-?: Options[Name];
};
