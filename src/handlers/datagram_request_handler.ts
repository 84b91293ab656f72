import { NoReplyAddressError } from "../errors.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import { RequestReader } from "../streams/request_reader.ts";
import type { ResponseWriter } from "../streams/response_writer.ts";
import { reuse } from "../streams/text_buffers.ts";
import type { DatagramRequest, HandlerServer } from "../types.ts";
import { BaseRequestHandler } from "./base_request_handler.ts";
import { ReplyWriter } from "./reply_writer.ts";

/**
 * Handles a datagram through `rfile` and `wfile`.
 *
 * `rfile` holds the datagram. What has been written to `wfile` is sent as one
 * datagram when `handle()` ends, even if it throws. If nothing was written,
 * nothing is sent (Python sends an empty datagram). Further replies, and empty
 * ones, go through `this.request[1]`.
 *
 * @typeParam Server The server's class; see {@linkcode BaseRequestHandler}.
 * @typeParam Address The kind of its clients' addresses; likewise.
 *
 * @example Usage
 * ```ts
 * import { DatagramRequestHandler, UDPServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class UpperHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     const line = await this.rfile.readLine();
 *     await this.wfile.write(line?.toUpperCase() ?? "");
 *   }
 * }
 *
 * await using server = new UDPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   UpperHandler,
 * );
 * const client = Deno.listenDatagram({
 *   transport: "udp",
 *   hostname: "127.0.0.1",
 *   port: 0,
 * });
 * await client.send(new TextEncoder().encode("hello"), server.serverAddress);
 * await server.handleRequest();
 * const [reply] = await client.receive();
 * assertEquals(new TextDecoder().decode(reply), "HELLO");
 * client.close();
 * ```
 */
export class DatagramRequestHandler<
  Server extends HandlerServer = HandlerServer,
  Address extends Deno.Addr = Deno.Addr,
> extends BaseRequestHandler<DatagramRequest, Server, Address> {
  #rfile: RequestReader | undefined;
  #wfile: ReplyWriter | undefined;

  /** The datagram's bytes, which are read where they are, in `request[0]`. */
  get rfile(): RequestReader {
    return this.#rfile ??= new RequestReader(this.request[0]);
  }

  /** The reply. */
  get wfile(): ResponseWriter {
    return this.#wfile ??= new ReplyWriter();
  }

  /**
   * May be overridden. Sends the reply, if there is one. A handler that calls it
   * itself sends what has been written since the last time.
   *
   * @throws {NoReplyAddressError} If there is a reply and the client has no
   * address.
   */
  override finish(): Promise<void> {
    const reply = this.#wfile?.takeReply() ?? null;
    return reply === null || reply.length === 0
      ? Promise.resolve()
      : this.#send(reply);
  }

  async #send(reply: Uint8Array): Promise<void> {
    try {
      await this.#reply(reply, this.clientAddress);
    } catch (error) {
      this.#wfile!.keepReply(reply);
      noteOrigin(error, this.request[1]);
      throw error;
    }
    reuse(reply);
  }

  #reply(reply: Uint8Array, address: Deno.Addr): Promise<number> {
    // A UDP client may leave its port out, as RFC 768 has it.
    const name = "path" in address ? address.path || null : address.port;
    if (name === null || name === 0) {
      throw new NoReplyAddressError(
        `Cannot reply to the datagram as its sender must be bound to an address: current value is ${name}`,
      );
    }
    return this.request[1].send(reply, address);
  }
}
