import type { RequestHandlerClass, StreamRequest } from "../types.ts";
import { checkedParts } from "./bind_checks.ts";
import type { SocketServerOptions } from "./socket_server.ts";
import { StreamServer, type StreamServerOptions } from "./stream_server.ts";
import { bindAndLink } from "./unix_binding.ts";
import { checkMode, checkNoQueueSize, checkPath } from "./unix_path.ts";
import { UnixStreamListener } from "./unix_stream_listener.ts";

/** Where a Unix server can listen. */
export interface UnixAddress {
  /** The path of the socket file; on Linux `"\0"` and a name for none. */
  path: string;
}

/** Options for the file of a Unix server. */
export interface UnixSocketOptions {
  /**
   * The permissions of the socket file, such as `0o600` for its owner alone; a
   * client needs that to write. They hold from the first moment on: nobody who
   * is to be kept out can come in before they are set. If the umask is laxer,
   * and the socket has to be bound at the path itself, as one for datagrams
   * always is, that takes `--allow-sys=umask`.
   *
   * An abstract name has no file, and a socket that is handed in has its own:
   * with these it is a `TypeError`.
   *
   * @default {undefined} What the system makes: `0o777` less its umask.
   */
  mode?: number;
}

/** Options for {@linkcode UnixStreamServer}. */
export interface UnixStreamServerOptions
  extends
    SocketServerOptions<Deno.Listener>,
    Pick<StreamServerOptions, "proxyProtocol">,
    UnixSocketOptions {}

/**
 * A server of Unix stream connections, which handles one after the other.
 *
 * A socket file that nobody listens on any more is replaced; one that is in
 * use, or a file of another kind, is refused. `serverClose()` removes the file,
 * but not one that has been put in its place: a new server can take over the
 * path before the old one is closed.
 *
 * Needs the permissions `--allow-net`, and `--allow-read` and `--allow-write`
 * for the path. There are no Unix sockets on Windows.
 *
 * When a socket is closed, Deno removes whatever stands where it was bound. So
 * it is bound in a folder beside the path, which is there for that moment only,
 * and linked to the path. That takes `--allow-net` for all addresses, and the
 * other two for the path's folder. Without them it is bound at the path, and a
 * file that was put in place of its own is removed after all.
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
  /** How many clients may wait to be accepted: Deno's number for Unix sockets. */
  override readonly requestQueueSize: number = 1024;
  /**
   * The permissions of the socket file.
   *
   * @default {undefined} What the system makes: `0o777` less its umask.
   */
  readonly mode: number | undefined;

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
    options?: UnixStreamServerOptions | null,
  ) {
    const { path } = checkedParts("UnixStreamServer", serverAddress);
    checkPath("UnixStreamServer", path);
    super({ transport: "unix", path }, RequestHandlerClass, options);
    checkNoQueueSize(options ?? {});
    const { mode, socket, bindAndActivate = true } = options ?? {};
    checkMode(mode, socket);
    this.mode = mode;
    if (bindAndActivate) this.bindAndActivate();
  }

  /** Puts around a listener what removes no file but its own. */
  protected override layered(listener: Deno.Listener): Deno.Listener {
    return super.layered(
      listener instanceof UnixStreamListener
        ? listener
        : new UnixStreamListener(listener),
    );
  }

  /** Makes the listener. */
  protected override listen(): Deno.Listener {
    const { path } = this.serverAddress;
    const listener = bindAndLink({
      server: "UnixStreamServer",
      path,
      mode: this.mode,
      bind: (path) => Deno.listen({ transport: "unix", path }),
    });
    return new UnixStreamListener(listener, path);
  }
}
