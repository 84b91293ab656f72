import type { HandlerServer } from "../types.ts";

/**
 * Makes what a far handler finds in `this.server`.
 *
 * The server itself is in another isolate, with its sockets and its state:
 * only what can be sent is here, and the rest says so instead of being
 * `undefined`. Nor can anything be set here, as the server would not see it.
 */
export function createFarServer(
  serverAddress: Deno.Addr,
  data: unknown,
  requestShutdown: () => void,
  requestSignal: (request: unknown) => AbortSignal,
): HandlerServer {
  const server: HandlerServer = {
    serverAddress,
    data,
    shutdown() {
      requestShutdown();
      return Promise.resolve();
    },
    requestSignal,
  };
  return new Proxy(server, {
    get(target, property, receiver) {
      const known = property in target || typeof property === "symbol" ||
        LOOKED_UP.has(property);
      if (known) return Reflect.get(target, property, receiver);
      throw refusal("use", property);
    },
    // Assignments end up here too.
    defineProperty(_target, property) {
      throw refusal("set", property);
    },
    deleteProperty(_target, property) {
      throw refusal("delete", property);
    },
  });
}

/** What the language looks up by itself, beside symbols. */
const LOOKED_UP = new Set(["then", "toJSON"]);

function refusal(action: string, property: string | symbol): TypeError {
  return new TypeError(
    `Cannot ${action} 'server.${
      String(property)
    }' as the handler does not run where the server does: only serverAddress, data, shutdown() and requestSignal() are there; pass what handlers need in the server's data option`,
  );
}
