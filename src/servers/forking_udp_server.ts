import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "../mixins/forking_mixin.ts";
import { UDPServer } from "./udp_server.ts";

/** @ignore JSR wants the base of a published class to have a name. */
export const ForkingUDPServerBase: ForkingServerConstructor<
  typeof UDPServer
> = ForkingMixIn(UDPServer);

/**
 * A server of UDP datagrams, which handles each in a child process
 * without permissions.
 *
 * See {@linkcode UDPServer} for what it needs and its options,
 * {@linkcode ForkingMixIn} for how it works and
 * {@linkcode ForkingOptions} for the options that it adds.
 *
 * @example Usage
 * ```ts
 * import { type DatagramRequest, ForkingUDPServer } from "@socketserver/socketserver";
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
 * await using server = new ForkingUDPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   greet,
 *   { handlerModule },
 * );
 * const client = Deno.listenDatagram({
 *   transport: "udp",
 *   hostname: "127.0.0.1",
 *   port: 0,
 * });
 * await client.send(new Uint8Array(1), server.serverAddress);
 * await server.handleRequest();
 * assertEquals(new TextDecoder().decode((await client.receive())[0]), "hello");
 * client.close();
 * ```
 */
export class ForkingUDPServer extends ForkingUDPServerBase {}
