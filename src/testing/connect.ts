import type { RequestHandlerClass, StreamRequest, TlsInfo } from "../types.ts";
import { HandlerRun } from "./handler_run.ts";
import { TestClient } from "./test_client.ts";
import { TestConnection } from "./test_connection.ts";
import {
  addressesIn,
  checkTest,
  type ConnectionTestOptions,
} from "./test_options.ts";

const NOTHING_AGREED: TlsInfo = {
  alpnProtocol: null,
  serverName: null,
  peerCertificate: null,
};

/**
 * Connects a client to a handler, which is run at once: for a test that talks to
 * the handler step by step.
 *
 * There is no socket and no server. The connection is in memory, and ends when
 * the handler has ended; no hook is called, and the handler's error is in
 * {@linkcode TestClient.handled}.
 *
 * @typeParam Address The kind of address that the handler's clients have.
 * @param handler A handler class, or a function that handles connections.
 * @param options What the handler finds, and how the connection is.
 * @returns The client.
 * @throws {TypeError} If `handler` cannot handle requests, or an option is of a
 * wrong type.
 * @throws {RangeError} If an option is out of range.
 *
 * @example A dialogue
 * ```ts
 * import { StreamRequestHandler } from "@socketserver/socketserver";
 * import { connect } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class SumHandler extends StreamRequestHandler {
 *   override async handle() {
 *     let sum = 0;
 *     for await (const line of this.rfile.lines()) {
 *       if (line === "quit") break;
 *       await this.wfile.write(`${sum += Number(line)}\n`);
 *     }
 *     await this.wfile.write("bye\n");
 *   }
 * }
 *
 * await using client = connect(SumHandler);
 * await client.write("40\n");
 * assertEquals(await client.readLine(), "40");
 * await client.write("2\nquit\nand more");
 * assertEquals(await client.text(), "42\nbye\n");
 * await client.handled;
 * assertEquals(new TextDecoder().decode(client.unread), "and more");
 * ```
 *
 * @example What is answered to a client that ends within a message
 * ```ts
 * import { StreamRequestHandler, UnexpectedEof } from "@socketserver/socketserver";
 * import { connect } from "@socketserver/socketserver/testing";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * class PairHandler extends StreamRequestHandler {
 *   override async handle() {
 *     for (let pair; (pair = await this.rfile.readExactly(2)) !== null;) {
 *       await this.wfile.write(pair.reverse());
 *     }
 *   }
 * }
 *
 * await using client = connect(PairHandler);
 * await client.write("odd");
 * await client.closeWrite();
 * assertEquals(await client.text(), "do");
 * await assertRejects(() => client.handled, UnexpectedEof);
 * ```
 *
 * @example A server's own members, and its shutdown
 * ```ts
 * import {
 *   ServerStoppingError,
 *   StreamRequestHandler,
 *   TCPServer,
 * } from "@socketserver/socketserver";
 * import { connect } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class CountingServer extends TCPServer {
 *   lines = 0;
 * }
 *
 * class CountHandler extends StreamRequestHandler<CountingServer> {
 *   override async handle() {
 *     for await (const _ of this.rfile.lines({ signal: this.signal })) {
 *       await this.wfile.write(`${++this.server.lines}\n`);
 *     }
 *   }
 * }
 *
 * await using client = connect(CountHandler, { server: { lines: 7 } });
 * await client.write("a line\n");
 * assertEquals(await client.readLine(), "8");
 * client.shutdown();
 * await client.handled; // although the client says nothing more
 * ```
 *
 * @example A client that stays silent until the handler's timeout
 * ```ts
 * import { StreamRequestHandler } from "@socketserver/socketserver";
 * import { connect } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class PatientHandler extends StreamRequestHandler {
 *   override timeout = 60; // seconds
 *   override async handle() {
 *     const line = await this.rfile.readLine().catch((error) => error.name);
 *     await this.wfile.write(`${line}\n`);
 *   }
 * }
 *
 * class ImpatientHandler extends PatientHandler {
 *   override timeout = 0.01;
 * }
 *
 * await using client = connect(ImpatientHandler);
 * assertEquals(await client.readLine(), "TimedOut");
 * ```
 */
export function connect<Address extends Deno.Addr = Deno.Addr>(
  handler: RequestHandlerClass<StreamRequest, Address>,
  options?: ConnectionTestOptions<Address> | null,
): TestClient {
  checkTest(handler, options);
  const given = options ?? {};
  const { client, server } = addressesIn("tcp", given);
  const run = new HandlerRun<StreamRequest>({
    handlerClass: handler as RequestHandlerClass<StreamRequest>,
    clientAddress: client,
    serverAddress: server,
    options: given,
  });
  const connection = new TestConnection({
    localAddr: server,
    remoteAddr: client,
    signal: run.signal,
    chunkSize: given.chunkSize ?? Infinity,
    highWaterMark: given.highWaterMark ?? Infinity,
    tls: given.tls ? { ...NOTHING_AGREED, ...given.tls } : null,
    onLoss: (error) => run.abort(error),
  });
  return new TestClient(run, connection);
}
