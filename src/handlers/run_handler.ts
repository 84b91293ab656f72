import type {
  RequestHandler,
  RequestHandlerClass,
  RequestHandlerConstructor,
  RequestHandlerFunction,
} from "../types.ts";
import { LazyContext } from "./request_signal.ts";

/**
 * Handles a request with whatever a server was given to handle requests.
 *
 * @throws {unknown} Whatever the handler throws.
 */
export function runHandler<Request>(
  handlerClass: RequestHandlerClass<Request>,
  request: Request,
  clientAddress: Deno.Addr,
  server: unknown,
): Promise<void> {
  try {
    if (!isHandlerConstructor(handlerClass)) {
      return runFunction(handlerClass, request, clientAddress, server);
    }
    const handler = new handlerClass(request, clientAddress, server);
    // It mostly is a promise, which needs no other one around it.
    return Promise.resolve(isHandler(handler) ? handler.run() : undefined);
  } catch (error) {
    return Promise.reject(error);
  }
}

async function runFunction<Request>(
  handle: RequestHandlerFunction<Request>,
  request: Request,
  clientAddress: Deno.Addr,
  server: unknown,
): Promise<void> {
  const context = new LazyContext(request, server);
  const handler = await handle(request, clientAddress, server, context);
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

/** The last class, or function, that was asked about, and what it is. */
let last: { readonly value: unknown; readonly isClass: boolean } | null = null;

/**
 * Whether handlers are made of it, with `new`: it is no function that handles
 * requests itself. A server asks for each request, and always of the same class.
 */
export function isHandlerConstructor<Request>(
  handlerClass: RequestHandlerClass<Request>,
): handlerClass is RequestHandlerConstructor<Request> {
  if (last === null || last.value !== handlerClass) {
    last = { value: handlerClass, isClass: isClass(handlerClass) };
  }
  return last.isClass;
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
