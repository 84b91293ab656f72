import { TCPServer } from "../servers/tcp_server.ts";
import { UDPServer } from "../servers/udp_server.ts";
import { UnixDatagramServer } from "../servers/unix_datagram_server.ts";
import { UnixStreamServer } from "../servers/unix_stream_server.ts";
import { AsyncMixIn } from "./async_mixin.ts";

// In a published class JSR allows no call after `extends`. So each class has a
// named base: JSR must know its type, and nobody needs its value.

/** @ignore */
const AsyncTCPServerBase: typeof TCPServer = AsyncMixIn(TCPServer);

/** @ignore */
const AsyncUDPServerBase: typeof UDPServer = AsyncMixIn(UDPServer);

/** @ignore */
const AsyncUnixStreamServerBase: typeof UnixStreamServer = AsyncMixIn(
  UnixStreamServer,
);

/** @ignore */
const AsyncUnixDatagramServerBase: typeof UnixDatagramServer = AsyncMixIn(
  UnixDatagramServer,
);

export type {
  AsyncTCPServerBase,
  AsyncUDPServerBase,
  AsyncUnixDatagramServerBase,
  AsyncUnixStreamServerBase,
};

/**
 * A server of TCP connections, which handles many at once on its event loop.
 *
 * It needs what {@linkcode TCPServer} needs, and has its options;
 * {@linkcode AsyncMixIn} tells how it works.
 *
 * @example A silent client holds up nobody
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
 * const silent = await Deno.connect({ hostname: "127.0.0.1", port });
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.write(new TextEncoder().encode("hello"));
 * await client.closeWrite();
 * assertEquals(await new Response(client.readable).text(), "hello");
 *
 * silent.close();
 * await server.shutdown();
 * await serving;
 * ```
 */
export class AsyncTCPServer extends AsyncTCPServerBase {}

/**
 * A server of UDP datagrams, which handles many at once on its event loop.
 *
 * Replies may leave in another order than the datagrams came in. It needs what
 * {@linkcode UDPServer} needs, and has its options; {@linkcode AsyncMixIn}
 * tells how it works.
 *
 * @example The quick answer comes first
 * ```ts
 * import { AsyncUDPServer, DatagramRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * const research = Promise.withResolvers<string>();
 *
 * class AnswerHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     const question = await new Response(this.rfile).text();
 *     const answer = question === "hard" ? await research.promise : "easy";
 *     await this.wfile.write(answer);
 *   }
 * }
 *
 * await using server = new AsyncUDPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   AnswerHandler,
 * );
 * const serving = server.serveForever();
 *
 * const client = Deno.listenDatagram({
 *   transport: "udp",
 *   hostname: "127.0.0.1",
 *   port: 0,
 * });
 * const answer = async () =>
 *   new TextDecoder().decode((await client.receive())[0]);
 * await client.send(new TextEncoder().encode("hard"), server.serverAddress);
 * await client.send(new TextEncoder().encode("quick"), server.serverAddress);
 * assertEquals(await answer(), "easy");
 * research.resolve("found");
 * assertEquals(await answer(), "found");
 *
 * client.close();
 * await server.shutdown();
 * await serving;
 * ```
 */
export class AsyncUDPServer extends AsyncUDPServerBase {}

/**
 * A server of Unix stream connections, which handles many at once on its event
 * loop.
 *
 * It needs what {@linkcode UnixStreamServer} needs, and has its options;
 * {@linkcode AsyncMixIn} tells how it works.
 *
 * @example Handlers share the variables of the program
 * ```ts
 * import { AsyncUnixStreamServer, StreamRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * let visitors = 0;
 *
 * class VisitorHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.wfile.write(`visitor ${++visitors}`);
 *   }
 * }
 *
 * if (Deno.build.os !== "windows") {
 *   const path = `${await Deno.makeTempDir()}/visitors.sock`;
 *   await using server = new AsyncUnixStreamServer({ path }, VisitorHandler);
 *   const serving = server.serveForever();
 *
 *   for (const expected of ["visitor 1", "visitor 2"]) {
 *     const client = await Deno.connect({ transport: "unix", path });
 *     assertEquals(await new Response(client.readable).text(), expected);
 *   }
 *
 *   await server.shutdown();
 *   await serving;
 * }
 * ```
 */
export class AsyncUnixStreamServer extends AsyncUnixStreamServerBase {}

/**
 * A server of Unix datagrams, which handles many at once on its event loop.
 *
 * It needs what {@linkcode UnixDatagramServer} needs, and has its options;
 * {@linkcode AsyncMixIn} tells how it works.
 *
 * @example A function as the handler
 * ```ts
 * import { AsyncUnixDatagramServer, type DatagramRequest } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * async function sendBack([data, socket]: DatagramRequest, client: Deno.Addr) {
 *   await socket.send(data, client);
 * }
 *
 * if (Deno.build.os !== "windows") {
 *   const folder = await Deno.makeTempDir();
 *   await using server = new AsyncUnixDatagramServer(
 *     { path: `${folder}/server.sock` },
 *     sendBack,
 *   );
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
