import type {
  RequestHandler,
  RequestHandlerClass,
  RequestHandlerConstructor,
} from "../types.ts";

/**
 * Handles a request with whatever a server was given to handle requests.
 *
 * @throws {unknown} Whatever the handler throws.
 */
export async function runHandler<Request>(
  handlerClass: RequestHandlerClass<Request>,
  request: Request,
  clientAddress: Deno.Addr,
  server: unknown,
): Promise<void> {
  const handler = isHandlerConstructor(handlerClass)
    ? new handlerClass(request, clientAddress, server)
    : await handlerClass(request, clientAddress, server);
  if (isHandler(handler)) await handler.run();
}

/**
 * Whether a value can be given to a server to handle requests.
 *
 * A class must make handlers. Any other function is taken for a handler, or for
 * one that returns a handler.
 */
export function isHandlerClass(value: unknown): boolean {
  return typeof value === "function" &&
    (!isClass(value) || isHandler(value.prototype));
}

function isHandlerConstructor<Request>(
  handlerClass: RequestHandlerClass<Request>,
): handlerClass is RequestHandlerConstructor<Request> {
  return isClass(handlerClass);
}

/** Only a class has a fixed `prototype`; it must be called with `new`. */
// deno-lint-ignore ban-types -- any function may turn out to be a class
function isClass(value: Function): boolean {
  return Object.getOwnPropertyDescriptor(value, "prototype")?.writable ===
    false;
}

function isHandler(value: unknown): value is RequestHandler {
  return typeof (value as RequestHandler | undefined)?.run === "function";
}
