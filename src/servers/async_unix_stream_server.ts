import { AsyncMixIn } from "../mixins/async_mixin.ts";
import { UnixStreamServer } from "./unix_stream_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const AsyncUnixStreamServerBase: typeof UnixStreamServer = AsyncMixIn(
  UnixStreamServer,
);

/**
 * A server of Unix stream connections, which handles many at once on its event
 * loop.
 *
 * See {@linkcode UnixStreamServer} for its options, {@linkcode AsyncMixIn} for
 * how it works.
 *
 * @example Usage
 * ```ts
 * import { AsyncUnixStreamServer, StreamRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * if (Deno.build.os !== "windows") {
 *   const path = `${await Deno.makeTempDir()}/echo.sock`;
 *   await using server = new AsyncUnixStreamServer({ path }, EchoHandler);
 *   const serving = server.serveForever();
 *
 *   const client = await Deno.connect({ transport: "unix", path });
 *   await client.write(new TextEncoder().encode("hello"));
 *   await client.closeWrite();
 *   assertEquals(await new Response(client.readable).text(), "hello");
 *
 *   await server.shutdown();
 *   await serving;
 * }
 * ```
 */
export class AsyncUnixStreamServer extends AsyncUnixStreamServerBase {}
