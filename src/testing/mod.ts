/**
 * Tests of handlers without a socket, a port or a permission.
 *
 * {@linkcode exchange} gives a handler of connections all that a client sends and
 * returns its answer, {@linkcode exchangeDatagram} does so with a datagram, and
 * {@linkcode connect} lets a test be the client, step by step. They run the
 * handler as a server would, in memory, and take a class or a function.
 *
 * Every wait has a limit, so that a handler that hangs fails its test, with an
 * error that says what the handler waits for. What a server does around a
 * handler, its hooks and limits, is not there: a test of these has a real server
 * listen on port 0.
 *
 * @example The test of a handler
 * ```ts
 * import { StreamRequestHandler } from "@socketserver/socketserver";
 * import { exchange } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * Deno.test("EchoHandler sends back what comes", async () => {
 *   assertEquals(await exchange(EchoHandler, "hello"), "hello");
 * });
 * ```
 *
 * @example Malformed input, one by one
 * ```ts
 * import { StreamRequestHandler } from "@socketserver/socketserver";
 * import { exchange } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class SquareHandler extends StreamRequestHandler {
 *   override async handle() {
 *     for await (const line of this.rfile.lines()) {
 *       const isNumber = /^\d+$/.test(line);
 *       await this.wfile.write(isNumber ? `${Number(line) ** 2}\n` : "error\n");
 *     }
 *   }
 * }
 *
 * for (const input of ["", "-", "1e3", "0x10", " 1", "1 ", "NaN"]) {
 *   assertEquals(await exchange(SquareHandler, `${input}\n3`), "error\n9\n");
 * }
 * ```
 *
 * @module
 */
export * from "./exchange.ts";
export * from "./exchange_datagram.ts";
export * from "./connect.ts";
export * from "./test_client.ts";
export type {
  ConnectionTestOptions,
  DatagramTestOptions,
  HandlerTestOptions,
} from "./test_options.ts";
