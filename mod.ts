/**
 * Network servers, as Python's `socketserver` has them: a server class says
 * how requests come in, a handler class of yours says what happens with one,
 * and a mixin says how many are handled at once.
 *
 * ## The classes
 *
 * ```text
 * ServerHooks                           what may be overridden
 * |
 * TransportHooks                        what a transport says of its socket
 * |
 * ServerFields                          its address, its handler, its options
 * |
 * BaseServer                            the life of a server; does no I/O
 * |
 * SocketServer                          has a socket of its own
 * |
 * +-- StreamServer                      a request is a connection
 * |   |
 * |   +-- TCPServer
 * |   |   +-- AsyncTCPServer
 * |   |   +-- ThreadingTCPServer
 * |   |   +-- ForkingTCPServer
 * |   |
 * |   +-- UnixStreamServer
 * |       +-- AsyncUnixStreamServer
 * |       +-- ThreadingUnixStreamServer
 * |       +-- ForkingUnixStreamServer
 * |
 * +-- DatagramServer                    a request is [data, socket]
 *     |
 *     +-- UDPServer
 *     |   +-- AsyncUDPServer
 *     |   +-- ThreadingUDPServer
 *     |   +-- ForkingUDPServer
 *     |
 *     +-- UnixDatagramServer
 *         +-- AsyncUnixDatagramServer
 *         +-- ThreadingUnixDatagramServer
 *         +-- ForkingUnixDatagramServer
 *
 * BaseRequestHandler                    has request, clientAddress, server
 * |
 * +-- StreamRequestHandler              has rfile and wfile over a connection
 * |   +-- CommandRequestHandler         connects the client to a program
 * |
 * +-- DatagramRequestHandler            has rfile and wfile over a datagram
 * ```
 *
 * {@linkcode TCPServer} and the other three without a prefix handle one request
 * after the other. The others are made from them by a mixin and handle many at
 * once: {@linkcode AsyncMixIn} on the server's event loop,
 * {@linkcode ThreadingMixIn} on a pool of Workers, {@linkcode ForkingMixIn} in
 * child processes without permissions. A server takes requests; its
 * {@linkcode Executor} has their handlers run, and a mixin only says which
 * executor that is. {@linkcode StreamServer} and {@linkcode DatagramServer} are
 * there to be extended.
 *
 * ## Who calls whom
 *
 * | Method | Called by | Calls |
 * | --- | --- | --- |
 * | `serverBind()`, `serverActivate()` | the constructor | the platform |
 * | `serveForever()`, `handleRequest()` | you | `getRequest()`, `verifyRequest()`, `processRequest()` |
 * | `getRequest()` | the server's loop | the socket |
 * | `verifyRequest()` | the server's loop | nothing |
 * | `handleRefusal()` | the server's loop, for a request that is refused | nothing |
 * | `processRequest()` | the server's loop | `finishRequest()`, then `shutdownRequest()` |
 * | `processRequestThread()` | `processRequest()` of `ThreadingMixIn` | `finishRequest()` |
 * | `finishRequest()` | `processRequest()`, `processRequestThread()` | by the executor, the handler: `setup()`, `handle()`, `finish()` |
 * | `shutdownRequest()` | after handling, refusal or failure | `closeRequest()` |
 * | `closeRequest()` | `shutdownRequest()`, a little later if the client still sends; `shutdown()` and `serverClose()` after `drainTimeout` | the connection's `close()` |
 * | `handleError()` | when a handler or a hook throws, or has forgotten a promise that rejects | standard error |
 * | `handleTimeout()` | `handleRequest()`, after `timeout` seconds | nothing |
 * | `serviceActions()` | `serveForever()`, after every request and every `pollInterval` seconds | nothing |
 * | `shutdownByHandler()` | a handler on a thread or in a process, by `this.server.shutdown()` | `shutdown()` |
 * | `shutdown()`, `serverClose()` | you, from anywhere | each waits for what it ends, at most `drainTimeout` seconds |
 *
 * All but your own four are hooks: a subclass may override them, and may make
 * them asynchronous, the first two excepted.
 *
 * ## The life of a request
 *
 * ```text
 * getRequest -> verifyRequest -> processRequest -> finishRequest
 *                   |                                |
 *                   | false                          +-> setup -> handle -> finish
 *                   v                                |              |
 *             handleRefusal                          | done         | throws
 *                   |                                |              v
 *                   |                                |          handleError
 *                   v                                v              |
 *                   +--------------------------------+--------------+
 *                                    |
 *                                    v
 *                        shutdownRequest -> closeRequest
 * ```
 *
 * Whatever throws on this way, the request is released and the server goes on.
 * An error of `getRequest()` goes to `handleError()` without a request, and ends
 * `serveForever()` only if it says that the server's own socket is no more.
 * `finish()` is called even if `handle()` throws, and not if `setup()` does. Who
 * has as many requests as `maxRequestsPerClient` allows is refused before
 * `verifyRequest()` is asked.
 *
 * Every duration is in seconds, as in Python.
 *
 * @example A server, and a client that talks to it
 * ```ts
 * import { AsyncTCPServer, StreamRequestHandler } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends StreamRequestHandler {
 *   override async handle() {
 *     for await (const line of this.rfile.lines()) {
 *       await this.wfile.write(line + "\n");
 *     }
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
 * const client = await Deno.connect({ hostname: "127.0.0.1", port });
 * await client.write(new TextEncoder().encode("hello\n"));
 * await client.closeWrite();
 * assertEquals(await new Response(client.readable).text(), "hello\n");
 *
 * await server.shutdown();
 * await serving;
 * ```
 *
 * @module
 */

// Servers that handle one request after the other.
export * from "./src/servers/tcp_server.ts";
export * from "./src/servers/udp_server.ts";
export * from "./src/servers/unix_stream_server.ts";
export * from "./src/servers/unix_datagram_server.ts";

// What ends a program with servers properly.
export * from "./src/servers/termination_signal.ts";

// Handlers, and what they read from and write to.
export * from "./src/handlers/stream_request_handler.ts";
export * from "./src/handlers/datagram_request_handler.ts";
export * from "./src/handlers/command_request_handler.ts";
export * from "./src/handlers/base_request_handler.ts";
export * from "./src/streams/request_reader.ts";
export * from "./src/streams/response_writer.ts";

// Servers that handle many requests at once.
export * from "./src/mixins/async_mixin.ts";
export * from "./src/mixins/async_servers.ts";

// Servers that handle requests on a pool of Workers.
export type * from "./src/threads/threading_options.ts";
export * from "./src/mixins/threading_mixin.ts";
export * from "./src/mixins/threading_servers.ts";

// Servers that handle requests in child processes without permissions.
export type * from "./src/processes/forking_options.ts";
export * from "./src/mixins/forking_mixin.ts";
export * from "./src/mixins/forking_servers.ts";

// For servers and mixins of one's own.
export * from "./src/servers/base_server.ts";
export * from "./src/servers/server_hooks.ts";
export type * from "./src/servers/transport_hooks.ts";
export type * from "./src/servers/server_fields.ts";
export * from "./src/servers/socket_server.ts";
export * from "./src/servers/stream_server.ts";
export * from "./src/servers/datagram_server.ts";
export * from "./src/servers/format_address.ts";
export type * from "./src/servers/executor.ts";
export type * from "./src/servers/server_options.ts";
export type { ProxyProtocolOptions } from "./src/listeners/proxy_protocol_options.ts";
export type * from "./src/listeners/tls_options.ts";
export type * from "./src/tls/tls_credentials.ts";
export type * from "./src/mixins/server_constructor.ts";
export type * from "./src/types.ts";
export * from "./src/errors.ts";
