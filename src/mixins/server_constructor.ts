import type { BaseServer } from "../servers/base_server.ts";
import type {
  HandlerServer,
  RequestHandlerConstructor,
  RequestHandlerFunction,
} from "../types.ts";

/** A server, whatever its requests and its address are. */
// deno-lint-ignore no-explicit-any -- no other type is the base of all servers
export interface AnyServer extends BaseServer<any, any> {
  /** Waits for a request. */
  // deno-lint-ignore no-explicit-any -- see above
  getRequest(): any;
}

/**
 * A class that a mixin can extend: that of any server which is not abstract.
 *
 * @typeParam Server What the class makes.
 */
export type ServerConstructor<Server extends AnyServer = AnyServer> = new (
  // deno-lint-ignore no-explicit-any -- TypeScript asks this of a mixin's base
  ...args: any[]
) => Server;

/**
 * The class that a mixin with options makes of another one: its constructor
 * takes the mixin's options too.
 *
 * @typeParam Base The class that was extended.
 * @typeParam Options The mixin's options.
 * @typeParam Added What the mixin adds to a server.
 */
export type ServerWith<Base extends ServerConstructor, Options, Added> =
  ConstructorParameters<Base> extends
    [infer Address, infer Handler, (infer BaseOptions)?] ? new (
      serverAddress: Address,
      RequestHandlerClass: HandlerElsewhere<Handler>,
      options?: (BaseOptions & Options) | Extract<BaseOptions, null>,
    ) => InstanceType<Base> & Added
    : Base & ServerConstructor<AnyServer & Added>;

/**
 * What can handle requests elsewhere, of what a server takes: no handler that
 * asks for members of its server's class, as there it would not find them.
 *
 * @typeParam Handler What the server takes.
 */
export type HandlerElsewhere<Handler> = Handler extends
  RequestHandlerConstructor<infer Request, infer Address>
  ? RequestHandlerConstructor<Request, Address, HandlerServer>
  : Handler extends RequestHandlerFunction<infer Request, infer Address>
    ? RequestHandlerFunction<Request, Address, HandlerServer>
  : Handler;
