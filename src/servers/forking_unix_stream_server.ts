import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "../mixins/forking_mixin.ts";
import { UnixStreamServer } from "./unix_stream_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ForkingUnixStreamServerBase: ForkingServerConstructor<
  typeof UnixStreamServer
> = ForkingMixIn(UnixStreamServer);

/**
 * A server of Unix stream connections, which handles each in a child process
 * without permissions.
 *
 * See {@linkcode UnixStreamServer} for what it needs and its options,
 * {@linkcode ForkingMixIn} for how it works and
 * {@linkcode ForkingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts
 * import { type StreamRequest, ForkingUnixStreamServer } from "@socketserver/socketserver";
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
 * if (Deno.build.os !== "windows") {
 *   const path = `${await Deno.makeTempDir()}/greet.sock`;
 *   await using server = new ForkingUnixStreamServer({ path }, greet, {
 *     handlerModule,
 *   });
 *   const client = await Deno.connect({ transport: "unix", path });
 *   await server.handleRequest();
 *   assertEquals(await new Response(client.readable).text(), "hello");
 * }
 * ```
 */
export class ForkingUnixStreamServer extends ForkingUnixStreamServerBase {}
