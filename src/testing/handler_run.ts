import { ServerStoppingError } from "../errors.ts";
import { isHandlerConstructor, runHandler } from "../handlers/run_handler.ts";
import { hasEndedAsTold } from "../servers/ended_as_told.ts";
import { toMilliseconds } from "../streams/time_limit.ts";
import type { HandlerServer, RequestHandlerClass } from "../types.ts";
import type { HandlerTestOptions } from "./test_options.ts";

const DEFAULT_TIMEOUT = 10;

/** What a handler is to handle, and where it believes itself to be. */
export interface Tested<Request> {
  readonly handlerClass: RequestHandlerClass<Request>;
  readonly clientAddress: Deno.Addr;
  readonly serverAddress: Deno.Addr;
  readonly options: HandlerTestOptions;
}

/** A handler that is run by a test, in place of a server. */
export class HandlerRun<Request> {
  readonly #tested: Tested<Request>;
  readonly #controller = new AbortController();
  /** What the request is to have as its `signal`. */
  readonly signal: AbortSignal;
  #handler: unknown;
  #ended: Promise<void> | null = null;
  readonly #timeout = Promise.withResolvers<never>();
  #hasTimedOut = false;

  constructor(tested: Tested<Request>) {
    this.#tested = tested;
    this.#timeout.promise.catch(() => {}); // whoever waits is told
    const { signal } = this.#controller;
    const given = tested.options.signal;
    this.signal = given ? AbortSignal.any([signal, given]) : signal;
  }

  /** The handler; of a function, what it returned. */
  get handler(): unknown {
    return this.#handler;
  }

  /** Whether a wait has taken too long: no other one is worth while. */
  get hasTimedOut(): boolean {
    return this.#hasTimedOut;
  }

  /** Tells the handler to end. */
  abort(reason: Error): void {
    this.#controller.abort(reason);
  }

  /** Tells the handler that its server wants to stop. */
  shutdown(): Promise<void> {
    this.abort(
      new ServerStoppingError(
        "Cannot go on with the request as the server is to stop",
      ),
    );
    return Promise.resolve();
  }

  /**
   * Runs the handler. To be called once.
   *
   * @param whenEnded Called when the handler has ended, in whichever way.
   */
  start(request: Request, whenEnded: () => Promise<void> | void): void {
    this.#ended = this.#run(request).finally(whenEnded);
    this.#ended.catch(() => {}); // whoever waits for it is told
  }

  /**
   * Settles as a server would see the handler end: to do so because the signal
   * says that the server is to stop is no failure.
   */
  get ended(): Promise<void> {
    return this.#ended!;
  }

  async #run(request: Request): Promise<void> {
    try {
      await this.#handle(request);
    } catch (error) {
      const { aborted, reason } = this.signal;
      const told = { request, reason: aborted ? reason : null, overtime: null };
      if (hasEndedAsTold(error, told)) return;
      const { handleError } = this.#tested.options;
      if (handleError === undefined || this.#hasTimedOut) throw error;
      await handleError(error);
    }
  }

  #handle(request: Request): void | Promise<void> {
    const { handlerClass, clientAddress, options } = this.#tested;
    const server = options.server ?? this.#server();
    if (isHandlerConstructor(handlerClass)) {
      const handler = new handlerClass(request, clientAddress, server);
      this.#handler = handler;
      return handler.run();
    }
    const handle: typeof handlerClass = async (...args) =>
      this.#handler = await handlerClass(...args);
    return runHandler(handle, request, clientAddress, server);
  }

  #server(): HandlerServer {
    return {
      serverAddress: this.#tested.serverAddress,
      data: this.#tested.options.data,
      shutdown: () => this.shutdown(),
      requestSignal: () => this.signal,
    };
  }

  /**
   * Waits for something that the handler is to do, as long as a test may wait.
   * When one wait has taken too long, all end, and each later one at once.
   *
   * @param action What the test does, for the error.
   * @param state What the handler does, for the error.
   * @param onTimeout Called with the error: the handler has to be ended.
   * @throws {Deno.errors.TimedOut} If it takes too long.
   */
  async within<T>(
    operation: Promise<T>,
    action: string,
    state: () => string,
    onTimeout?: (error: Error) => void,
  ): Promise<T> {
    const { timeout = DEFAULT_TIMEOUT } = this.#tested.options;
    if (timeout === null || timeout === Infinity) return await operation;
    const timer = setTimeout(() => {
      const error = new Deno.errors.TimedOut(
        `Cannot ${action} within the timeout as the handler ${state()}: current value is ${timeout} seconds`,
      );
      this.#hasTimedOut = true;
      this.#timeout.reject(error);
      this.abort(error);
      onTimeout?.(error);
    }, toMilliseconds(timeout));
    try {
      return await Promise.race([operation, this.#timeout.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}
