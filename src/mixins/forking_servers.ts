import { TCPServer } from "../servers/tcp_server.ts";
import { UDPServer } from "../servers/udp_server.ts";
import { UnixDatagramServer } from "../servers/unix_datagram_server.ts";
import { UnixStreamServer } from "../servers/unix_stream_server.ts";
import {
  ForkingMixIn,
  type ForkingServerConstructor,
} from "./forking_mixin.ts";

// In a published class JSR allows no call after `extends`. So each class has a
// named base: JSR must know its type, and nobody needs its value.

/** @ignore */
const ForkingTCPServerBase: ForkingServerConstructor<typeof TCPServer> =
  ForkingMixIn(
    TCPServer,
  );

/** @ignore */
const ForkingUDPServerBase: ForkingServerConstructor<typeof UDPServer> =
  ForkingMixIn(
    UDPServer,
  );

/** @ignore */
const ForkingUnixStreamServerBase: ForkingServerConstructor<
  typeof UnixStreamServer
> = ForkingMixIn(UnixStreamServer);

/** @ignore */
const ForkingUnixDatagramServerBase: ForkingServerConstructor<
  typeof UnixDatagramServer
> = ForkingMixIn(UnixDatagramServer);

export type {
  ForkingTCPServerBase,
  ForkingUDPServerBase,
  ForkingUnixDatagramServerBase,
  ForkingUnixStreamServerBase,
};

/**
 * A server of TCP connections, which handles each in a child process without
 * permissions.
 *
 * It needs what {@linkcode TCPServer} needs, and permission to run Deno:
 * `--allow-run=<the path of deno>`. To that server's options
 * {@linkcode ForkingOptions} adds its own; {@linkcode ForkingMixIn} tells how
 * it works.
 *
 * The program below is like `examples/forking_sandbox.ts` in the repository, which the
 * tests run.
 *
 * @example A program whose handlers may read one folder, and nothing else
 * ```ts ignore
 * import { ForkingTCPServer, StreamRequestHandler } from "@socketserver/socketserver";
 *
 * // The children import this module to find the handler: it must be exported.
 * export class FileHandler extends StreamRequestHandler {
 *   override async handle() {
 *     const name = await this.rfile.readLine();
 *     const file = await Deno.open(`/srv/data/${name}`);
 *     await file.readable.pipeTo(this.wfile);
 *   }
 * }
 *
 * // Only the program itself is to serve, not its children.
 * if (import.meta.main) {
 *   await using server = new ForkingTCPServer(
 *     { hostname: "127.0.0.1", port: 8000 },
 *     FileHandler,
 *     { permissions: { read: ["/srv/data"] } },
 *   );
 *   await server.serveForever();
 * }
 * ```
 */
export class ForkingTCPServer extends ForkingTCPServerBase {}

/**
 * A server of UDP datagrams, which handles each in a child process without
 * permissions.
 *
 * It needs what {@linkcode UDPServer} needs, and permission to run Deno:
 * `--allow-run=<the path of deno>`. To that server's options
 * {@linkcode ForkingOptions} adds its own; {@linkcode ForkingMixIn} tells how
 * it works.
 *
 * @example A program
 * ```ts ignore
 * import { DatagramRequestHandler, ForkingUDPServer } from "@socketserver/socketserver";
 *
 * // The children import this module to find the handler: it must be exported.
 * export class GreetHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     const { name } = await new Response(this.rfile).json();
 *     await this.wfile.write(`Hello, ${name}!`);
 *   }
 * }
 *
 * // Only the program itself is to serve, not its children.
 * if (import.meta.main) {
 *   await using server = new ForkingUDPServer(
 *     { hostname: "127.0.0.1", port: 8000 },
 *     GreetHandler,
 *     { requestTimeout: 1 },
 *   );
 *   await server.serveForever();
 * }
 * ```
 */
export class ForkingUDPServer extends ForkingUDPServerBase {}

/**
 * A server of Unix stream connections, which handles each in a child process
 * without permissions.
 *
 * It needs what {@linkcode UnixStreamServer} needs, and permission to run Deno:
 * `--allow-run=<the path of deno>`. To that server's options
 * {@linkcode ForkingOptions} adds its own; {@linkcode ForkingMixIn} tells how
 * it works.
 *
 * @example In the program that {@linkcode ForkingTCPServer} shows
 * ```ts ignore
 * await using server = new ForkingUnixStreamServer(
 *   { path: "/run/files.sock" },
 *   FileHandler,
 *   { permissions: { read: ["/srv/data"] } },
 * );
 * await server.serveForever();
 * ```
 */
export class ForkingUnixStreamServer extends ForkingUnixStreamServerBase {}

/**
 * A server of Unix datagrams, which handles each in a child process without
 * permissions.
 *
 * It needs what {@linkcode UnixDatagramServer} needs, and permission to run
 * Deno: `--allow-run=<the path of deno>`. To that server's options
 * {@linkcode ForkingOptions} adds its own; {@linkcode ForkingMixIn} tells how
 * it works.
 *
 * @example In the program that {@linkcode ForkingUDPServer} shows
 * ```ts ignore
 * await using server = new ForkingUnixDatagramServer(
 *   { path: "/run/greet.sock" },
 *   GreetHandler,
 *   { requestTimeout: 1 },
 * );
 * await server.serveForever();
 * ```
 */
export class ForkingUnixDatagramServer extends ForkingUnixDatagramServerBase {}
