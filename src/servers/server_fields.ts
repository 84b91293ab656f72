import { checkNotImporting } from "../import_guard.ts";
import type { RequestHandlerClass } from "../types.ts";
import { checkHandlerClass } from "./option_checks.ts";
import type { ServerOptions } from "./server_options.ts";
import { serverSettings } from "./server_settings.ts";
import { TransportHooks } from "./transport_hooks.ts";

/** How many requests are handled at once by default. */
const MOST_CONNECTIONS = 16_384;
const MOST_DATAGRAMS = 1000;

/**
 * What a server has been given: where to listen, what handles its requests, and
 * its options, which may be changed at any time.
 *
 * @typeParam Request What `getRequest()` yields, and handlers are given.
 * @typeParam Address What the server is bound to.
 */
export abstract class ServerFields<Request, Address extends Deno.Addr>
  extends TransportHooks<Request> {
  /** The handler class, or the function, that the server was given. */
  readonly RequestHandlerClass: RequestHandlerClass<Request, Address>;
  /** Where the server listens: after binding, with the real port. */
  serverAddress: Address;
  /**
   * The longest wait of `handleRequest()`, in seconds; `null` for ever.
   *
   * @default {null}
   */
  timeout: number | null;
  /**
   * Whether `serverClose()` waits for the requests being handled.
   *
   * @default {true}
   */
  blockOnClose: boolean;
  /**
   * The longest wait of `serverClose()` and `shutdown()`, in seconds; `null` for
   * ever.
   *
   * @default {null}
   */
  drainTimeout: number | null;
  /**
   * How many requests of one client may be handled at once; `Infinity` for any
   * number.
   *
   * @default {Infinity}
   */
  maxRequestsPerClient: number;
  /**
   * The longest that a request may take, in seconds; `null` for ever.
   *
   * @default {null}
   */
  requestTimeout: number | null;
  /**
   * What the `data` option held.
   *
   * @default {undefined}
   */
  readonly data: unknown;
  #maxActiveRequests: number;

  /**
   * Creates an instance.
   *
   * @throws {TypeError} If `RequestHandlerClass` cannot handle requests, or an
   * option has the wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(
    serverAddress: Address,
    RequestHandlerClass: RequestHandlerClass<Request, Address>,
    options?: ServerOptions | null,
  ) {
    super();
    checkNotImporting();
    checkHandlerClass(RequestHandlerClass);
    const settings = serverSettings(options, {
      maxActiveRequests: this.#mostAtOnce,
    });
    this.serverAddress = serverAddress;
    this.RequestHandlerClass = RequestHandlerClass;
    this.timeout = settings.timeout;
    this.blockOnClose = settings.blockOnClose;
    this.drainTimeout = settings.drainTimeout;
    this.#maxActiveRequests = settings.maxActiveRequests;
    this.maxRequestsPerClient = settings.maxRequestsPerClient;
    this.requestTimeout = settings.requestTimeout;
    this.data = settings.data;
  }

  /**
   * How many requests may be handled at once; `Infinity` for any number.
   *
   * @default {Infinity} where requests are handled one after the other; where
   * many are at once, 16384 connections, or 1000 datagrams
   */
  get maxActiveRequests(): number {
    return this.#maxActiveRequests;
  }

  set maxActiveRequests(most: number) {
    this.#maxActiveRequests = most;
    this.limitChanged();
  }

  /**
   * Whether requests are handled beside the loop, as the mixins do. Then a slow
   * asynchronous `verifyRequest()` keeps no other request waiting, either.
   */
  protected get handlesBesideLoop(): boolean {
    return false;
  }

  /** Called when `maxActiveRequests` has been set; does nothing by default. */
  protected limitChanged(): void {}

  /** Finite where many are handled at once, or a flood would fill the memory. */
  get #mostAtOnce(): number {
    if (!this.handlesBesideLoop) return Infinity;
    return this.repliesByListener ? MOST_DATAGRAMS : MOST_CONNECTIONS;
  }
}
