import {
  ThreadingMixIn,
  type ThreadingServerConstructor,
} from "../mixins/threading_mixin.ts";
import { UnixStreamServer } from "./unix_stream_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ThreadingUnixStreamServerBase: ThreadingServerConstructor<
  typeof UnixStreamServer
> = ThreadingMixIn(UnixStreamServer);

/**
 * A server of Unix stream connections, which handles them on a pool of threads.
 *
 * See {@linkcode UnixStreamServer} for what it needs and its options,
 * {@linkcode ThreadingMixIn} for how it works and
 * {@linkcode ThreadingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts
 * import { type StreamRequest, ThreadingUnixStreamServer } from "@socketserver/socketserver";
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
 * if (Deno.build.os !== "windows") {
 *   const path = `${await Deno.makeTempDir()}/greet.sock`;
 *   await using server = new ThreadingUnixStreamServer({ path }, greet, {
 *     handlerModule,
 *   });
 *   const client = await Deno.connect({ transport: "unix", path });
 *   await server.handleRequest();
 *   assertEquals(await new Response(client.readable).text(), "hello");
 * }
 * ```
 */
export class ThreadingUnixStreamServer extends ThreadingUnixStreamServerBase {}
