/**
 * placeholder
 *
 * @module
 */
export * from "./src/types.ts";
export * from "./src/errors.ts";
export * from "./src/streams/request_reader.ts";
export * from "./src/streams/response_writer.ts";
export * from "./src/handlers/base_request_handler.ts";
export * from "./src/handlers/stream_request_handler.ts";
export * from "./src/handlers/datagram_request_handler.ts";
export * from "./src/servers/server_options.ts";
export * from "./src/servers/base_server.ts";
export * from "./src/servers/stream_server.ts";
export * from "./src/servers/tcp_server.ts";
export * from "./src/servers/unix_stream_server.ts";
export * from "./src/servers/datagram_server.ts";
export * from "./src/servers/udp_server.ts";
export * from "./src/servers/unix_datagram_server.ts";
export * from "./src/mixins/server_constructor.ts";
export * from "./src/mixins/async_mixin.ts";
export * from "./src/servers/async_tcp_server.ts";
export * from "./src/servers/async_udp_server.ts";
export * from "./src/servers/async_unix_stream_server.ts";
export * from "./src/servers/async_unix_datagram_server.ts";
