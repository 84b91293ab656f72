import type { ServerConstructor } from "./server_constructor.ts";

/**
 * Makes a server handle many requests at once, on its own event loop.
 *
 * A handler runs until it waits, and then another one does: the fast choice
 * for handlers that mostly wait for their clients, for files, for other
 * servers. One that computes for long holds up all the others; see
 * `ThreadingMixIn` for those.
 *
 * @typeParam Base The class of server to extend.
 * @param base The class to extend.
 * @returns A class that handles requests beside its accept loop.
 *
 * @example A server of one's own
 * ```ts
 * import { AsyncMixIn, TCPServer } from "@socketserver/socketserver";
 * import { assert } from "@std/assert";
 *
 * class LocalServer extends TCPServer {
 *   override verifyRequest(_request: unknown, clientAddress: Deno.NetAddr) {
 *     return clientAddress.hostname === "127.0.0.1";
 *   }
 * }
 * class AsyncLocalServer extends AsyncMixIn(LocalServer) {}
 *
 * await using server = new AsyncLocalServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   () => {},
 * );
 * assert(server instanceof TCPServer);
 * ```
 */
export function AsyncMixIn<Base extends ServerConstructor>(base: Base): Base {
  return class extends base {
    protected override get handlesBesideLoop(): boolean {
      return true;
    }

    override processRequest(
      request: unknown,
      clientAddress: Deno.Addr,
    ): void {
      this.detachRequest(request, clientAddress);
    }
  };
}
