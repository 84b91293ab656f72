import { dataBytes } from "../streams/argument_checks.ts";
import type {
  DatagramRequest,
  DatagramSocket,
  RequestHandlerClass,
} from "../types.ts";
import { HandlerRun } from "./handler_run.ts";
import {
  addressesIn,
  checkTest,
  type DatagramTestOptions,
} from "./test_options.ts";

/**
 * A datagram that a handler has sent.
 *
 * @typeParam Data `string` or `Uint8Array`.
 */
export interface SentDatagram<Data = string> {
  /** What it holds: text where text was sent to the handler, or else bytes. */
  readonly data: Data;
  /** Where it was sent to. */
  readonly address: Deno.Addr;
}

/**
 * Gives a handler a datagram, and returns the datagrams that the handler sends,
 * in this order: with text for text, with bytes for bytes.
 *
 * There is no socket, and no permission is needed.
 *
 * @typeParam Address The kind of address that the handler's clients have.
 * @typeParam Data `string` or `Uint8Array`.
 * @param handler A handler class, or a function that handles datagrams.
 * @param data What the client sends.
 * @param options What the handler finds.
 * @returns What the handler has sent, to its client and to others.
 * @throws {TypeError} If `handler` cannot handle requests, or another argument is
 * of a wrong type.
 * @throws {RangeError} If an option is out of range.
 * @throws {Deno.errors.TimedOut} If the handler takes longer than the timeout.
 * @throws {unknown} What the handler throws, unless the option `handleError` takes
 * it.
 *
 * @example Usage
 * ```ts
 * import { DatagramRequestHandler } from "@socketserver/socketserver";
 * import { exchangeDatagram } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * class GreetHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     await this.wfile.write(`Hello, ${await this.rfile.readLine()}!`);
 *   }
 * }
 *
 * const [reply] = await exchangeDatagram(GreetHandler, "Ada");
 * assertEquals(reply?.data, "Hello, Ada!");
 * ```
 *
 * @example A function, and a client's address
 * ```ts
 * import { exchangeDatagram } from "@socketserver/socketserver/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const clientAddress = { transport: "udp", hostname: "::1", port: 9 } as const;
 * const replies = await exchangeDatagram(
 *   async ([data, socket], address) => {
 *     await socket.send(data, address);
 *     await socket.send(data.reverse(), address);
 *   },
 *   new Uint8Array([1, 2]),
 *   { clientAddress },
 * );
 * assertEquals(replies, [
 *   { data: new Uint8Array([1, 2]), address: clientAddress },
 *   { data: new Uint8Array([2, 1]), address: clientAddress },
 * ]);
 * ```
 */
export function exchangeDatagram<
  Address extends Deno.Addr = Deno.Addr,
  Data extends string | Uint8Array = string,
>(
  handler: RequestHandlerClass<DatagramRequest, Address>,
  data?: Data,
  options?: DatagramTestOptions<Address> | null,
): Promise<
  SentDatagram<Data extends string ? string : Uint8Array<ArrayBuffer>>[]
>;
export async function exchangeDatagram<Address extends Deno.Addr>(
  handler: RequestHandlerClass<DatagramRequest, Address>,
  data: string | Uint8Array = "",
  options?: DatagramTestOptions<Address> | null,
): Promise<SentDatagram<string | Uint8Array<ArrayBuffer>>[]> {
  checkTest(handler, options);
  const given = options ?? {};
  const isText = typeof data === "string";
  const bytes = isText ? new TextEncoder().encode(data) : dataBytes(data);
  const { client, server } = addressesIn("udp", given);
  const run = new HandlerRun<DatagramRequest>({
    handlerClass: handler as RequestHandlerClass<DatagramRequest>,
    clientAddress: client,
    serverAddress: server,
    options: given,
  });
  const sent: SentDatagram<Uint8Array<ArrayBuffer>>[] = [];
  const socket: DatagramSocket = {
    addr: server,
    async send(data, address) {
      const copy = new Uint8Array(data);
      const count = await (given.socket?.send(copy, address) ?? data.length);
      sent.push({ data: copy, address });
      return count;
    },
  };
  const request: DatagramRequest = [new Uint8Array(bytes), socket];
  run.start(Object.assign(request, { signal: run.signal }), () => {});
  await run.within(
    run.ended,
    "wait for the handler's end",
    () => "goes on",
  );
  return sent.map(({ data, address }) => ({
    data: isText ? new TextDecoder().decode(data) : data,
    address,
  }));
}
