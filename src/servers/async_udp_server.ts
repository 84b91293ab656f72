import { AsyncMixIn } from "../mixins/async_mixin.ts";
import { UDPServer } from "./udp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const AsyncUDPServerBase: typeof UDPServer = AsyncMixIn(UDPServer);

/**
 * A server of UDP datagrams, which handles many at once on its event loop.
 *
 * Replies may leave in another order than the datagrams came in. See
 * {@linkcode UDPServer} for its options and the flag that it needs,
 * {@linkcode AsyncMixIn} for how it works.
 *
 * @example Usage
 * ```ts
 * import { AsyncUDPServer, DatagramRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * await using server = new AsyncUDPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   EchoHandler,
 * );
 * const serving = server.serveForever();
 *
 * const client = Deno.listenDatagram({
 *   transport: "udp",
 *   hostname: "127.0.0.1",
 *   port: 0,
 * });
 * await client.send(new TextEncoder().encode("hello"), server.serverAddress);
 * assertEquals(new TextDecoder().decode((await client.receive())[0]), "hello");
 *
 * client.close();
 * await server.shutdown();
 * await serving;
 * ```
 */
export class AsyncUDPServer extends AsyncUDPServerBase {}
