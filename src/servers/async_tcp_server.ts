import { AsyncMixIn } from "../mixins/async_mixin.ts";
import { TCPServer } from "./tcp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const AsyncTCPServerBase: typeof TCPServer = AsyncMixIn(TCPServer);

/**
 * A server of TCP connections, which handles many at once on its event loop.
 *
 * See {@linkcode TCPServer} for its options, {@linkcode AsyncMixIn} for how it
 * works.
 *
 * @example Usage
 * ```ts
 * import { AsyncTCPServer, StreamRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * await using server = new AsyncTCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   EchoHandler,
 * );
 * const serving = server.serveForever();
 *
 * const { port } = server.serverAddress;
 * const idle = await Deno.connect({ hostname: "127.0.0.1", port });
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.write(new TextEncoder().encode("not held up"));
 * await client.closeWrite();
 * assertEquals(await new Response(client.readable).text(), "not held up");
 *
 * idle.close();
 * await server.shutdown();
 * await serving;
 * ```
 */
export class AsyncTCPServer extends AsyncTCPServerBase {}
