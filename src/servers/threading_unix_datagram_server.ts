import {
  ThreadingMixIn,
  type ThreadingServerConstructor,
} from "../mixins/threading_mixin.ts";
import { UnixDatagramServer } from "./unix_datagram_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ThreadingUnixDatagramServerBase: ThreadingServerConstructor<
  typeof UnixDatagramServer
> = ThreadingMixIn(UnixDatagramServer);

/**
 * A server of Unix datagrams, which handles them on a pool of threads.
 *
 * See {@linkcode UnixDatagramServer} for what it needs and its options,
 * {@linkcode ThreadingMixIn} for how it works and
 * {@linkcode ThreadingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts
 * import { type DatagramRequest, ThreadingUnixDatagramServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * async function greet([, socket]: DatagramRequest, client: Deno.Addr) {
 *   await socket.send(new TextEncoder().encode("hello"), client);
 * }
 * // Where the threads find the handler: in a program, a module that exports it.
 * const handlerModule = `data:text/javascript,export ${
 *   encodeURIComponent(`${greet}`)
 * }`;
 *
 * if (Deno.build.os !== "windows") {
 *   const folder = await Deno.makeTempDir();
 *   await using server = new ThreadingUnixDatagramServer(
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
export class ThreadingUnixDatagramServer
  extends ThreadingUnixDatagramServerBase {}
