import { AsyncMixIn } from "../mixins/async_mixin.ts";
import { UnixDatagramServer } from "./unix_datagram_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const AsyncUnixDatagramServerBase: typeof UnixDatagramServer =
  AsyncMixIn(UnixDatagramServer);

/**
 * A server of Unix datagrams, which handles many at once on its event loop.
 *
 * See {@linkcode UnixDatagramServer} for its options and the flag that it
 * needs, {@linkcode AsyncMixIn} for how it works.
 *
 * @example Usage
 * ```ts
 * import { AsyncUnixDatagramServer, DatagramRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * if (Deno.build.os !== "windows") {
 *   const folder = await Deno.makeTempDir();
 *   const path = `${folder}/echo.sock`;
 *   await using server = new AsyncUnixDatagramServer({ path }, EchoHandler);
 *   const serving = server.serveForever();
 *
 *   const client = Deno.listenDatagram({
 *     transport: "unixpacket",
 *     path: `${folder}/client.sock`,
 *   });
 *   await client.send(new TextEncoder().encode("hello"), server.serverAddress);
 *   assertEquals(new TextDecoder().decode((await client.receive())[0]), "hello");
 *
 *   client.close();
 *   await server.shutdown();
 *   await serving;
 * }
 * ```
 */
export class AsyncUnixDatagramServer extends AsyncUnixDatagramServerBase {}
