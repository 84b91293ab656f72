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
   * How many requests may be handled at once. Further ones wait in the system's
   * queue, where they cost the server nothing: clients to be accepted, and
   * datagrams as far as there is room, the others are lost. A request counts
   * from the moment it is taken until it has been shut down, so one that waits
   * for a thread or a child process counts too. `Infinity` for any number.
   *
   * @default {Infinity} where requests are handled one after the other; where
   * many are at once, 16384 connections, or 1000 datagrams
   */
  maxActiveRequests?: number;
  /**
   * How many requests of one client may be handled at once, by its address:
   * IPv4 addresses, networks of 64 bits with IPv6, and the paths of Unix
   * clients. `handleRefusal()` is called for those that are over it. Unix clients
   * without a path are not counted, nor is who came before a limit was set. A
   * request counts until its handler has ended. `Infinity` for any number.
   *
   * @default {Infinity}
   */
  maxRequestsPerClient?: number;
  /**
   * The longest that a request may take, in seconds above 0; `null` for ever. It
   * counts from the moment the server takes the request; to wait for a thread or a
   * child process is part of it. When the request has been handled, what its
   * client still sends is dropped for at most a second more.
   *
   * Then its handler is told by its `signal`, its connection is closed, and a
   * quarter of a second later the server waits for it no longer, whatever it
   * does: the loop goes on, and `handleError()` is told by a
   * `Deno.errors.TimedOut`. If the handler ends all the same, `shutdownRequest()`
   * may be called again; what its closed connection throws is not reported, any
   * other error is. Only a child process can really be ended, and is, with
   * the requests that share it.
   *
   * @default {null}
   */
  requestTimeout?: number | null;
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

/**
 * What a server has counted since it was made; see {@linkcode BaseServer.stats}.
 *
 * @example What became of a request
 * ```ts
 * import { TCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * await using server = new TCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   () => {},
 * );
 * const { port } = server.serverAddress;
 * using _client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await server.handleRequest();
 * await server.serverClose();
 * assertEquals(server.stats, {
 *   accepted: 1,
 *   refused: 0,
 *   handled: 1,
 *   failed: 0,
 *   active: 0,
 *   waiting: 0,
 * });
 * ```
 */
export interface ServerStats {
  /** Requests that have been taken: all of those below but `waiting`. */
  readonly accepted: number;
  /** By `maxRequestsPerClient`, by `verifyRequest()`, or as the server closed. */
  readonly refused: number;
  /** Handled without an error, or ended as their `signal` told them to. */
  readonly handled: number;
  /** Of which a handler or a hook threw, or which took too long. */
  readonly failed: number;
  /** Being handled now. */
  readonly active: number;
  /** Those of the active ones that wait for a thread or a child process. */
  readonly waiting: number;
}
