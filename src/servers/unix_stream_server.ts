import type { RequestHandlerClass, StreamRequest } from "../types.ts";
import { checkedParts } from "./bind_checks.ts";
import { StreamServer, type StreamServerOptions } from "./stream_server.ts";
import { checkedPath, listenOnPath } from "./unix_path.ts";

/** Where a Unix server can listen. */
export interface UnixAddress {
  /** The path of the socket file; on Linux `"\0"` and a name for none. */
  path: string;
}

/**
 * A server of Unix stream connections, which handles one after the other.
 *
 * A socket file that nobody listens on any more is replaced; one that is in
 * use, or a file of another kind, is refused. `serverClose()` removes the file.
 *
 * Needs the permissions `--allow-net`, and `--allow-read` and `--allow-write`
 * for the path. There are no Unix sockets on Windows.
 *
 * @example Usage
 * ```ts
 * import { StreamRequestHandler, UnixStreamServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends StreamRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * if (Deno.build.os !== "windows") {
 *   const path = `${await Deno.makeTempDir()}/echo.sock`;
 *   await using server = new UnixStreamServer({ path }, EchoHandler);
 *   const client = await Deno.connect({ transport: "unix", path });
 *   await client.write(new TextEncoder().encode("hello"));
 *   await client.closeWrite();
 *   await server.handleRequest();
 *   assertEquals(await new Response(client.readable).text(), "hello");
 * }
 * ```
 */
export class UnixStreamServer extends StreamServer<Deno.UnixAddr> {
  /** The family of the server's address. */
  readonly addressFamily = "AF_UNIX";

  /**
   * Creates an instance, and binds it unless told otherwise.
   *
   * @param serverAddress Where to listen.
   * @param RequestHandlerClass What handles the requests.
   * @param options Further options.
   * @throws {TypeError} If an argument has the wrong type.
   * @throws {RangeError} If an option is out of range.
   * @throws {Deno.errors.AddrInUse} If the path is taken.
   * @throws {Deno.errors.NotCapable} If a permission is missing.
   */
  constructor(
    serverAddress: UnixAddress,
    RequestHandlerClass: RequestHandlerClass<StreamRequest>,
    options?: StreamServerOptions | null,
  ) {
    const { path } = checkedParts("UnixStreamServer", serverAddress);
    checkedPath("UnixStreamServer", path);
    super({ transport: "unix", path }, RequestHandlerClass, options);
    if (options?.bindAndActivate ?? true) this.bindAndActivate();
  }

  /** Makes the listener. */
  protected override listen(): Deno.Listener {
    const path = checkedPath("UnixStreamServer", this.serverAddress.path);
    return listenOnPath(path, () => Deno.listen({ transport: "unix", path }));
  }
}
