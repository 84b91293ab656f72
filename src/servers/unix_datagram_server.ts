import type { DatagramRequest, RequestHandlerClass } from "../types.ts";
import { checkedParts, checkUnstableNet } from "./bind_checks.ts";
import {
  type DatagramListener,
  DatagramServer,
  type DatagramServerOptions,
} from "./datagram_server.ts";
import { SocketFile } from "./socket_file.ts";
import { bindAtPath } from "./unix_binding.ts";
import { UnixDatagramSocket } from "./unix_datagram_socket.ts";
import { checkMode, checkPath, isAbstract } from "./unix_path.ts";
import type { UnixAddress, UnixSocketOptions } from "./unix_stream_server.ts";

/** Options for {@linkcode UnixDatagramServer}. */
export interface UnixDatagramServerOptions
  extends DatagramServerOptions, UnixSocketOptions {}

/**
 * A server of Unix datagrams, which handles one after the other.
 *
 * A client can be answered only if it has bound its own socket to a path.
 *
 * **Slow clients.** A client that is slow to read keeps nobody waiting. Linux
 * queues 11 datagrams for it (`net.unix.max_dgram_qlen`). The server keeps up to
 * 1,024 more replies for each client, of 1 MiB in all, and up to 16 MiB for all
 * clients, of which 1,024 may be slow. Beyond that `send()` rejects with
 * `Deno.errors.WouldBlock`. It resolves when the system or the server has taken
 * the reply. A client that takes none for 30 seconds loses those that wait; then
 * only one may wait for it, and `send()` rejects with `Deno.errors.TimedOut` for
 * any other, until the client takes one. `serverClose()` gives slow clients half
 * a second; a program that leaves its server open lives on while replies wait.
 * To find out that a client is slow takes 2 to 4 ms, and the other replies wait
 * for that, once a client and second.
 *
 * While any client is slow, replies come from a socket without a name. Otherwise
 * they come from the server's path, unless its name is abstract or the socket was
 * given. An empty reply waits in the system, for up to eight clients, and keeps a
 * processor busy until they read.
 *
 * **Connected clients.** A client that has called `connect()` takes replies from
 * the server's own socket only. For that one Linux keeps about 278 small unread
 * replies (four of 60 KB), to all such clients together. The next reply may hold
 * the socket for a second. Then the server binds another to its path: the
 * requests that waited at the old one are lost, for an instant nothing stands at
 * the path, and clients that had connected must connect again. If the name is abstract or the socket was given, the server
 * cannot do that, and waits. Deno cannot end such a `send()`: the program stays
 * until that client reads or closes its socket.
 *
 * A socket file that nobody listens on any more is replaced; one that is in use,
 * or a file of another kind, is refused. `serverClose()` removes the file, but
 * not one that has been put in its place.
 *
 * Needs the flag `--unstable-net`, or `"unstable": ["net"]` in `deno.json`, and
 * the permissions `--allow-net`, `--allow-read` and `--allow-write`. There are
 * no Unix sockets on Windows.
 *
 * @example Usage
 * ```ts
 * import { DatagramRequestHandler, UnixDatagramServer } from "@socketserver/socketserver";
 * import { assertEquals } from "@std/assert";
 *
 * class EchoHandler extends DatagramRequestHandler {
 *   override async handle() {
 *     await this.rfile.pipeTo(this.wfile);
 *   }
 * }
 *
 * if (Deno.build.os !== "windows") {
 *   const folder = await Deno.makeTempDir();
 *   const path = `${folder}/echo.sock`;
 *   await using server = new UnixDatagramServer({ path }, EchoHandler);
 *   const client = Deno.listenDatagram({
 *     transport: "unixpacket",
 *     path: `${folder}/client.sock`,
 *   });
 *   await client.send(new TextEncoder().encode("hello"), server.serverAddress);
 *   await server.handleRequest();
 *   assertEquals(new TextDecoder().decode((await client.receive())[0]), "hello");
 *   client.close();
 * }
 * ```
 */
export class UnixDatagramServer extends DatagramServer<Deno.UnixAddr> {
  /** The family of the server's address. */
  readonly addressFamily = "AF_UNIX";
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
   * @throws {Deno.errors.NotSupported} If Deno runs without `--unstable-net`.
   * @throws {Deno.errors.AddrInUse} If the path is taken.
   * @throws {Deno.errors.NotCapable} If a permission is missing.
   */
  constructor(
    serverAddress: UnixAddress,
    RequestHandlerClass: RequestHandlerClass<DatagramRequest, Deno.UnixAddr>,
    options?: UnixDatagramServerOptions | null,
  ) {
    const { path } = checkedParts("UnixDatagramServer", serverAddress);
    checkPath("UnixDatagramServer", path);
    super({ transport: "unixpacket", path }, RequestHandlerClass, options);
    const { mode, socket, bindAndActivate = true } = options ?? {};
    checkMode(mode, socket);
    this.mode = mode;
    if (bindAndActivate) this.bindAndActivate();
  }

  /** The socket, which can send while it receives. */
  override get socket(): DatagramListener {
    return super.socket;
  }

  override set socket(socket: DatagramListener) {
    super.socket = socket instanceof UnixDatagramSocket
      ? socket
      : new UnixDatagramSocket(socket, null);
  }

  /** Makes the socket. */
  protected override listen(): DatagramListener {
    checkUnstableNet("bind the UnixDatagramServer");
    const bind = () => this.#bind(this.mode);
    const named = this.#bindAside();
    try {
      return new UnixDatagramSocket(bind(), { named, bind });
    } catch (error) {
      named?.close();
      throw error;
    }
  }

  /**
   * Closes the socket, and waits for clients that are slow to take replies: for
   * half a second at most, or for the `drainTimeout` if that is shorter.
   */
  protected override async closeListener(): Promise<void> {
    await super.closeListener();
    const socket = this.#bound();
    if (socket instanceof UnixDatagramSocket) {
      await socket.lingered(this.drainTimeout ?? Infinity);
    }
  }

  #bound(): DatagramListener | null {
    try {
      return this.socket;
    } catch {
      return null;
    }
  }

  /** Makes a socket for replies that has the server's name, but no file. */
  #bindAside(): DatagramListener | null {
    const { path } = this.serverAddress;
    if (isAbstract(path)) return null; // a name that only one can have
    const socket = this.#bind(undefined);
    try {
      SocketFile.at(path)?.remove();
      return socket;
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  #bind(mode: number | undefined): DatagramListener {
    return bindAtPath({
      server: "UnixDatagramServer",
      path: this.serverAddress.path,
      mode,
      bind: (path) => Deno.listenDatagram({ transport: "unixpacket", path }),
    });
  }
}
