/**
 * Where a server's handlers run: with the server, on threads, in processes.
 *
 * A server takes requests and asks its executor to have them handled; it never
 * knows which executor it has.
 */
export interface Executor {
  /**
   * Serving begins.
   *
   * @returns A promise that rejects if no handler could be run.
   */
  start(): Promise<void>;
  /**
   * Whether a further request may come.
   *
   * @param taken How many have come that it has not been given yet.
   * @returns `null` if one may, or else a promise that resolves when to ask
   * again.
   */
  whenFree(taken?: number): Promise<void> | null;
  /** How many requests wait until they can be handled. */
  readonly waiting: number;
  /** Has a request handled to its end; throws what its handler throws. */
  run(request: unknown, clientAddress: Deno.Addr): void | Promise<void>;
  /**
   * Tells the handler of a request that it is to end, where that is not done by
   * the server's own signal.
   *
   * @param clientAddress As `run()` was given it, maybe with a wrapper of the
   * request, which is found by it.
   * @returns False if the request is not handled elsewhere.
   */
  abort(request: unknown, reason: Error, clientAddress?: Deno.Addr): boolean;
  /** Tells all of them. */
  abortAll(reason: Error): void;
  /**
   * Ends a request that is handled elsewhere: `run()` throws the error soon.
   *
   * @param clientAddress See `abort()`.
   */
  giveUp(request: unknown, error: Error, clientAddress?: Deno.Addr): void;
  /**
   * Serving has ended: what is idle may go.
   *
   * @param soonAgain Whether the server is likely to serve again in a moment.
   */
  rest(soonAgain: boolean): void;
  /** `drainTimeout` has passed: what waits is not begun any more. */
  stop(): void;
  /** Ends everything, with an error for the requests that are left. */
  close(): Promise<void>;
}
