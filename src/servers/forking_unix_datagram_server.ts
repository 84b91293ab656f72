import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "../mixins/forking_mixin.ts";
import { UnixDatagramServer } from "./unix_datagram_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ForkingUnixDatagramServerBase: ForkingServerConstructor<
  typeof UnixDatagramServer
> = ForkingMixIn(UnixDatagramServer);

/**
 * A server of Unix datagrams, which handles each in a child process
 * without permissions.
 *
 * See {@linkcode UnixDatagramServer} for what it needs and its options,
 * {@linkcode ForkingMixIn} for how it works and
 * {@linkcode ForkingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts
 * import { type DatagramRequest, ForkingUnixDatagramServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * async function greet([, socket]: DatagramRequest, client: Deno.Addr) {
 *   await socket.send(new TextEncoder().encode("hello"), client);
 * }
 * // Where the children find the handler: in a program, a module that exports it.
 * const handlerModule = `data:text/javascript,export ${
 *   encodeURIComponent(`${greet}`)
 * }`;
 *
 * if (Deno.build.os !== "windows") {
 *   const folder = await Deno.makeTempDir();
 *   await using server = new ForkingUnixDatagramServer(
 *     { path: `${folder}/greet.sock` },
 *     greet,
 *     { handlerModule },
 *   );
 *   const client = Deno.listenDatagram({
 *     transport: "unixpacket",
 *     path: `${folder}/client.sock`,
 *   });
 *   await client.send(new Uint8Array(1), server.serverAddress);
 *   await server.handleRequest();
 *   assertEquals(
 *     new TextDecoder().decode((await client.receive())[0]),
 *     "hello",
 *   );
 *   client.close();
 * }
 * ```
 */
export class ForkingUnixDatagramServer extends ForkingUnixDatagramServerBase {}
