import type { BaseServer } from "../servers/base_server.ts";

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
      RequestHandlerClass: Handler,
      options?: (BaseOptions & Options) | Extract<BaseOptions, null>,
    ) => InstanceType<Base> & Added
    : Base & ServerConstructor<AnyServer & Added>;
