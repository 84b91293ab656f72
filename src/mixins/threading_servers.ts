import { TCPServer } from "../servers/tcp_server.ts";
import { UDPServer } from "../servers/udp_server.ts";
import { UnixDatagramServer } from "../servers/unix_datagram_server.ts";
import { UnixStreamServer } from "../servers/unix_stream_server.ts";
import {
  ThreadingMixIn,
  type ThreadingServerConstructor,
} from "./threading_mixin.ts";

// In a published class JSR allows no call after `extends`. So each class has a
// named base: JSR must know its type, and nobody needs its value.

/** @ignore */
const ThreadingTCPServerBase: ThreadingServerConstructor<
  typeof TCPServer
> = ThreadingMixIn(TCPServer);

/** @ignore */
const ThreadingUDPServerBase: ThreadingServerConstructor<
  typeof UDPServer
> = ThreadingMixIn(UDPServer);

/** @ignore */
const ThreadingUnixStreamServerBase: ThreadingServerConstructor<
  typeof UnixStreamServer
> = ThreadingMixIn(UnixStreamServer);

/** @ignore */
const ThreadingUnixDatagramServerBase: ThreadingServerConstructor<
  typeof UnixDatagramServer
> = ThreadingMixIn(UnixDatagramServer);

export type {
  ThreadingTCPServerBase,
  ThreadingUDPServerBase,
  ThreadingUnixDatagramServerBase,
  ThreadingUnixStreamServerBase,
};

/**
 * A server of TCP connections, which handles them on a pool of threads.
 *
 * It needs what {@linkcode TCPServer} needs, and permission to read the modules
 * of the handler, if they are local files. To that server's options
 * {@linkcode ThreadingOptions} adds its own; {@linkcode ThreadingMixIn} tells
 * how it works.
 *
 * The program below is like `examples/threading_cpu.ts` in the repository, which the
 * tests run.
 *
 * @example A program that computes on all cores
 * ```ts ignore
 * import { StreamRequestHandler, ThreadingTCPServer } from "@socketserver/socketserver";
 *
 * // The threads import this module to find the handler: it must be exported.
 * export class FibonacciHandler extends StreamRequestHandler {
 *   override async handle() {
 *     for await (const line of this.rfile.lines()) {
 *       await this.wfile.write(`${fibonacci(Number(line))}\n`);
 *     }
 *   }
 * }
 *
 * function fibonacci(n: number): number {
 *   return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
 * }
 *
 * // Only the program itself is to serve, not its threads.
 * if (import.meta.main) {
 *   await using server = new ThreadingTCPServer(
 *     { hostname: "127.0.0.1", port: 8000 },
 *     FibonacciHandler,
 *   );
 *   await server.serveForever();
 * }
 * ```
 */
export class ThreadingTCPServer extends ThreadingTCPServerBase {}

/**
 * A server of UDP datagrams, which handles them on a pool of threads.
 *
 * It needs what {@linkcode UDPServer} needs, and permission to read the modules
 * of the handler, if they are local files. To that server's options
 * {@linkcode ThreadingOptions} adds its own; {@linkcode ThreadingMixIn} tells
 * how it works.
 *
 * @example A program
 * ```ts ignore
 * import { DatagramRequestHandler, ThreadingUDPServer } from "@socketserver/socketserver";
 *
 * // The threads import this module to find the handler: it must be exported.
 * export class SortHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     const text = await new Response(this.rfile).text();
 *     await this.wfile.write(text.split(" ").sort().join(" "));
 *   }
 * }
 *
 * // Only the program itself is to serve, not its threads.
 * if (import.meta.main) {
 *   await using server = new ThreadingUDPServer(
 *     { hostname: "127.0.0.1", port: 8000 },
 *     SortHandler,
 *   );
 *   await server.serveForever();
 * }
 * ```
 */
export class ThreadingUDPServer extends ThreadingUDPServerBase {}

/**
 * A server of Unix stream connections, which handles them on a pool of threads.
 *
 * It needs what {@linkcode UnixStreamServer} needs, and permission to read the
 * modules of the handler, if they are local files. To that server's options
 * {@linkcode ThreadingOptions} adds its own; {@linkcode ThreadingMixIn} tells
 * how it works.
 *
 * @example In the program that {@linkcode ThreadingTCPServer} shows
 * ```ts ignore
 * await using server = new ThreadingUnixStreamServer(
 *   { path: "/run/fibonacci.sock" },
 *   FibonacciHandler,
 * );
 * await server.serveForever();
 * ```
 */
export class ThreadingUnixStreamServer extends ThreadingUnixStreamServerBase {}

/**
 * A server of Unix datagrams, which handles them on a pool of threads.
 *
 * It needs what {@linkcode UnixDatagramServer} needs, and permission to read
 * the modules of the handler, if they are local files. To that server's options
 * {@linkcode ThreadingOptions} adds its own; {@linkcode ThreadingMixIn} tells
 * how it works.
 *
 * @example In the program that {@linkcode ThreadingUDPServer} shows
 * ```ts ignore
 * await using server = new ThreadingUnixDatagramServer(
 *   { path: "/run/sort.sock" },
 *   SortHandler,
 * );
 * await server.serveForever();
 * ```
 */
export class ThreadingUnixDatagramServer
  extends ThreadingUnixDatagramServerBase {}
