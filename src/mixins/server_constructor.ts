import type { BaseServer } from "../servers/base_server.ts";

/**
 * A class that a mixin can extend: that of any server which is not abstract.
 *
 * @typeParam Server What the class makes.
 */
export type ServerConstructor<Server extends AnyServer = AnyServer> = new (
  // deno-lint-ignore no-explicit-any -- TypeScript asks this of a mixin's base
  ...args: any[]
) => Server;

/** A server, whatever its requests and its address are. */
// deno-lint-ignore no-explicit-any -- no other type is the base of all servers
export interface AnyServer extends BaseServer<any, any> {
  /** Waits for a request. */
  // deno-lint-ignore no-explicit-any -- likewise
  getRequest(): any;
}
