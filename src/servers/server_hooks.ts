import { printRequestError } from "./error_report.ts";

/**
 * Why a request is refused: its client has as many as `maxRequestsPerClient`
 * allows, or `verifyRequest()` has said so.
 */
export type RefusalReason = "maxRequestsPerClient" | "verifyRequest";

/**
 * The hooks of a server: what each does if nobody overrides it.
 *
 * They are Python's, and so is the order in which a server calls them; see the
 * front page of the module. They may be asynchronous, except `serverBind()` and
 * `serverActivate()`, which the constructor calls. As JavaScript sets a
 * subclass's fields after that, these two cannot use such fields; pass
 * `bindAndActivate: false` where they must.
 *
 * What a hook throws goes to `handleError()`, the request is released, and the
 * server goes on, unless the hook's own page says otherwise. The request is
 * open in every hook that is given one, until `closeRequest()` has closed it.
 *
 * @typeParam Request What `getRequest()` yields, and handlers are given.
 *
 * @example A hook overridden
 * ```ts
 * import { TCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class LocalServer extends TCPServer {
 *   override verifyRequest(_request: unknown, clientAddress: Deno.NetAddr) {
 *     return clientAddress.hostname === "127.0.0.1";
 *   }
 * }
 *
 * let handled = 0;
 * await using server = new LocalServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   () => handled++,
 * );
 * const { port } = server.serverAddress;
 * using _client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await server.handleRequest();
 * assertEquals(handled, 1);
 * ```
 */
export abstract class ServerHooks<Request> {
  /**
   * Binds the socket. Called by the constructor, unless `bindAndActivate` is
   * `false`; what it throws, the constructor does. Does nothing by default.
   */
  serverBind(): void {}

  /** Called after `serverBind()`, in the same way; does nothing by default. */
  serverActivate(): void {}

  /**
   * To be overridden: waits for a request. Called by the loop, one call at a
   * time. What it throws is a client's doing, or a lack of resources: it goes to
   * `handleError()` without a request, once a second if it is the same again, and
   * the loop goes on. Only that the server's own socket is no more ends
   * `serveForever()`.
   *
   * @returns The request, and where it came from.
   */
  abstract getRequest():
    | readonly [Request, Deno.Addr]
    | Promise<readonly [Request, Deno.Addr]>;

  /**
   * Decides whether a request is processed. Called by the loop, before
   * `processRequest()`. Where requests are handled one after the other, no other
   * one is taken meanwhile; where many are at once, a promise keeps nobody else
   * waiting. The request counts as active.
   *
   * Behind a proxy, with `proxyProtocol`, the address is the true client's.
   *
   * @returns False to refuse the request: `handleRefusal()` is called, and the
   * request is shut down.
   *
   * @example Rules of access, by Node's `BlockList`
   * ```ts
   * import { BlockList } from "node:net";
   * import { TCPServer } from "@socketserver/socketserver";
   * import { assertEquals } from "@std/assert";
   *
   * const blocked = new BlockList();
   * blocked.addSubnet("127.0.0.0", 8);
   * blocked.addSubnet("2001:db8::", 32, "ipv6");
   *
   * class GuardedServer extends TCPServer {
   *   override verifyRequest(_request: unknown, { hostname }: Deno.NetAddr) {
   *     const family = hostname.includes(":") ? "ipv6" : "ipv4";
   *     return !blocked.check(hostname, family);
   *   }
   * }
   *
   * let handled = 0;
   * await using server = new GuardedServer(
   *   { hostname: "127.0.0.1", port: 0 },
   *   () => handled++,
   * );
   * const { port } = server.serverAddress;
   * using _client = await Deno.connect({ hostname: "127.0.0.1", port });
   * await server.handleRequest();
   * assertEquals(handled, 0);
   * ```
   */
  verifyRequest(
    _request: Request,
    _clientAddress: Deno.Addr,
  ): boolean | Promise<boolean> {
    return true;
  }

  /**
   * May be overridden: answers a request that is refused. Called before such a
   * request is shut down, by the loop as `verifyRequest()` is: where requests are
   * handled one after the other, no other one is taken meanwhile. Does nothing by
   * default.
   *
   * The request counts as active meanwhile, also for `maxActiveRequests`.
   *
   * @param _request The request, which is open: a word may be written.
   * @param _clientAddress Where it came from.
   * @param _reason Why it is refused.
   *
   * @example A word for those who come too often
   * ```ts
   * import { AsyncTCPServer, type StreamRequest } from "@socketserver/socketserver";
   * import { assertEquals } from "@std/assert";
   *
   * class PoliteServer extends AsyncTCPServer {
   *   override async handleRefusal(request: StreamRequest) {
   *     await request.write(new TextEncoder().encode("One at a time, please\n"));
   *   }
   * }
   *
   * await using server = new PoliteServer(
   *   { hostname: "127.0.0.1", port: 0 },
   *   (_request, _address, _server, { signal }) =>
   *     new Promise((resolve) => signal.addEventListener("abort", resolve)),
   *   { maxRequestsPerClient: 1 },
   * );
   * const serving = server.serveForever();
   * const { port } = server.serverAddress;
   * using _first = await Deno.connect({ hostname: "127.0.0.1", port });
   * const second = await Deno.connect({ hostname: "127.0.0.1", port });
   * assertEquals(
   *   await new Response(second.readable).text(),
   *   "One at a time, please\n",
   * );
   * await server.shutdown();
   * await serving;
   * ```
   */
  handleRefusal(
    _request: Request,
    _clientAddress: Deno.Addr,
    _reason: RefusalReason,
  ): void | Promise<void> {}

  /**
   * Calls `finishRequest()` and then `shutdownRequest()`. Called by the loop,
   * which takes no other request meanwhile; the mixins override it to come
   * back at once.
   */
  processRequest(
    request: Request,
    clientAddress: Deno.Addr,
  ): void | Promise<void> {
    const finished = this.finishRequest(request, clientAddress);
    if (finished === undefined) return this.shutdownRequest(request);
    return finished.then(() => this.shutdownRequest(request));
  }

  /**
   * Has a request handled. Called by `processRequest()`, or by what a mixin calls
   * in its place, such as `processRequestThread()`.
   */
  abstract finishRequest(
    request: Request,
    clientAddress: Deno.Addr,
  ): void | Promise<void>;

  /**
   * Ends a request politely: calls `closeRequest()`. Called by
   * `processRequest()` when the request has been handled, and by the server when
   * it has been refused, has failed, has taken longer than `requestTimeout`, was
   * handled beside the loop, or has come too late for a server that is closed. It
   * is called again for a request that took too long, if its handler ends at last.
   */
  shutdownRequest(request: Request): void | Promise<void> {
    return this.closeRequest(request);
  }

  /**
   * Releases a request. Called by `shutdownRequest()`, again if that throws, by
   * `serverClose()` for a request that lasts longer than `drainTimeout`, and for
   * one that takes longer than `requestTimeout`: it may be called twice. You may
   * call it, too, to drop a client while its handler runs. If it throws, the request's own `close()` is called, if
   * it has one. Does nothing by default.
   */
  closeRequest(_request: Request): void | Promise<void> {}

  /**
   * Learns of whatever a handler or a hook threw, and with a
   * `Deno.errors.TimedOut` of a request that has taken longer than
   * `requestTimeout`. Called by the server. The request is still open, unless
   * closing it has failed or it has taken too long, and is shut down afterwards. A
   * handler that ends as its `signal` told it to is not reported.
   *
   * By default it prints the error to standard error, with its stack and with
   * what caused it. It prints one line if the request's own client has gone, has
   * been too slow, or has sent what cannot be read: that is no fault of the
   * program's. What `rfile` and `wfile` throw is known to be the client's. Where
   * a handler uses its connection without them, an error may also be that of a
   * database: then the connection is asked, for a quarter of a second at most.
   *
   * Control characters are escaped in all that a client may have chosen, its
   * name and the text of an error, so that nobody can forge a line. A message is
   * cut after 4096 characters, and a report after 65536. A report that cannot be
   * written is dropped. What an overridden `handleError()` throws is printed in
   * the same way.
   *
   * @param error What was thrown.
   * @param request The request; `undefined` if the error belongs to none, or it
   * is not known to which: an error of `serviceActions()`, of a thread that
   * could not start, or a rejection that no handler elsewhere has handled.
   * @param clientAddress Where the request came from, if there is one.
   */
  handleError(
    error: unknown,
    request: Request | undefined,
    clientAddress: Deno.Addr | undefined,
  ): void | Promise<void> {
    return printRequestError(error, request, clientAddress);
  }

  /**
   * Called by `handleRequest()` when it has waited for `timeout` seconds; what
   * it throws, `handleRequest()` does. Does nothing by default.
   */
  handleTimeout(): void | Promise<void> {}

  /**
   * Called by `serveForever()` after every request, and every `pollInterval`
   * seconds while none comes. Does nothing by default.
   */
  serviceActions(): void | Promise<void> {}
}
