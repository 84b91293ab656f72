import {
  ThreadingMixIn,
  type ThreadingServerConstructor,
} from "../mixins/threading_mixin.ts";
import { TCPServer } from "./tcp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ThreadingTCPServerBase: ThreadingServerConstructor<
  typeof TCPServer
> = ThreadingMixIn(TCPServer);

/**
 * A server of TCP connections, which handles them on a pool of threads.
 *
 * See {@linkcode TCPServer} for what it needs and its options,
 * {@linkcode ThreadingMixIn} for how it works and
 * {@linkcode ThreadingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts
 * import { type StreamRequest, ThreadingTCPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * async function greet(request: StreamRequest) {
 *   await request.write(new TextEncoder().encode("hello"));
 * }
 * // Where the threads find the handler: in a program, a module that exports it.
 * const handlerModule = `data:text/javascript,export ${
 *   encodeURIComponent(`${greet}`)
 * }`;
 *
 * await using server = new ThreadingTCPServer(
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
export class ThreadingTCPServer extends ThreadingTCPServerBase {}
