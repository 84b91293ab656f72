import type { HandlerServer } from "../types.ts";

/**
 * Makes what a far handler finds in `this.server`.
 *
 * The server itself is in another isolate, with its sockets and its state:
 * only what can be sent is here, and the rest says so instead of being
 * `undefined`.
 */
export function createFarServer(
  serverAddress: Deno.Addr,
  data: unknown,
  requestShutdown: () => void,
): HandlerServer {
  const server: HandlerServer = {
    serverAddress,
    data,
    shutdown() {
      requestShutdown();
      return Promise.resolve();
    },
  };
  return new Proxy(server, {
    get(target, property, receiver) {
      // Symbols, and `then`, are looked up by the language itself.
      const known = property in target || typeof property === "symbol" ||
        property === "then";
      if (known) return Reflect.get(target, property, receiver);
      throw new TypeError(
        `Cannot use 'server.${property}' as the handler does not run where the server does: only serverAddress, data and shutdown() are there; pass what handlers need in the server's data option`,
      );
    },
  });
}
