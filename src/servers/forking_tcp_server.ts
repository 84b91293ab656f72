import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "../mixins/forking_mixin.ts";
import { TCPServer } from "./tcp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ForkingTCPServerBase: ForkingServerConstructor<
  typeof TCPServer
> = ForkingMixIn(TCPServer);

/**
 * A server of TCP connections, which handles each in a child process
 * without permissions.
 *
 * See {@linkcode TCPServer} for what it needs and its options,
 * {@linkcode ForkingMixIn} for how it works and
 * {@linkcode ForkingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts
 * import { type StreamRequest, ForkingTCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * async function greet(request: StreamRequest) {
 *   await request.write(new TextEncoder().encode("hello"));
 * }
 * // Where the children find the handler: in a program, a module that exports it.
 * const handlerModule = `data:text/javascript,export ${
 *   encodeURIComponent(`${greet}`)
 * }`;
 *
 * await using server = new ForkingTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   greet,
 *   { handlerModule },
 * );
 * const { port } = server.serverAddress;
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await server.handleRequest();
 * assertEquals(await new Response(client.readable).text(), "hello");
 * ```
 */
export class ForkingTCPServer extends ForkingTCPServerBase {}
