/**
 * The handlers alone, for a module that is imported in child processes.
 *
 * A child process loads every module that the handler's own module imports, and
 * spends most of its start on that. With the handlers from here, in a module
 * without a server, a child starts in two thirds of the time.
 *
 * @example A handler's own module
 * ```ts
 * import { StreamRequestHandler } from "@socketserver/socketserver/handlers";
 * import { assertEquals } from "@std/assert";
 *
 * export class EchoHandler extends StreamRequestHandler {
 *   static readonly moduleUrl = import.meta.url;
 *
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * assertEquals(EchoHandler.name, "EchoHandler");
 * ```
 *
 * @module
 */
export * from "./stream_request_handler.ts";
export * from "./datagram_request_handler.ts";
export * from "./command_request_handler.ts";
export * from "./base_request_handler.ts";
export * from "../streams/request_reader.ts";
export * from "../streams/response_writer.ts";
export type * from "../types.ts";
export * from "../errors.ts";
