import type { RequestHandlerClass } from "../types.ts";
import { isSocketGone } from "./accept_errors.ts";
import { BaseServer } from "./base_server.ts";
import { checkSocket } from "./bind_checks.ts";
import { closeQuietly } from "../streams/close_quietly.ts";
import { checkLayers } from "./option_checks.ts";
import type { ServerOptions } from "./server_options.ts";

/** What a server of sockets needs of its own socket. */
export interface ServerSocket {
  /** Where it is bound to. */
  readonly addr: Deno.Addr;
  /** Closes it. */
  close(): void;
  /**
   * Settles when a closed one has let go of its address, if that may be later than
   * when its pending call has settled.
   */
  readonly released?: Promise<void>;
  /** Lets it keep the program alive. */
  ref?(): void;
  /** Keeps it from keeping the program alive. */
  unref?(): void;
}

/** Options for {@linkcode SocketServer}. */
export interface SocketServerOptions<Socket> extends ServerOptions {
  /**
   * A socket to use in place of a new one: for a server of connections, for
   * instance, a listener of `Deno.listenTls()`. The server takes its address,
   * and closes it.
   *
   * @default {undefined}
   */
  socket?: Socket;
}

/**
 * A server with a socket: what servers of connections and of datagrams have in
 * common.
 *
 * A transport is a class with four answers: `listen()` makes the socket,
 * `getRequest()` gets a request from it, by a call that it has noted by
 * `waitingFor()`, `closeRequest()` releases the request, and `closeListener()`,
 * which is here, closes the socket. `socketMethods` names what a socket must
 * have; where handlers reply through it, `repliesByListener` says so. The order is the base's; see
 * `BaseServer.serverClose()`. A subclass's constructor calls
 * `bindAndActivate()`.
 *
 * @typeParam Request What `getRequest()` yields, and handlers are given.
 * @typeParam Address What the server is bound to.
 * @typeParam Socket The server's own socket.
 *
 * @example All servers of this library are made from it
 * ```ts
 * import { SocketServer, TCPServer } from "@socketserver/socketserver";
 * import { assertInstanceOf } from "@std/assert";
 *
 * await using server = new TCPServer(
 *   { hostname: "127.0.0.1", port: 0 },
 *   () => {},
 * );
 * assertInstanceOf(server, SocketServer);
 * ```
 */
export abstract class SocketServer<
  Request,
  Address extends Deno.Addr,
  Socket extends ServerSocket,
> extends BaseServer<Request, Address> {
  #socket: Socket | null = null;
  /** The system releases the address when this is settled, not before. */
  #pending: Promise<unknown> | null = null;

  /**
   * Creates an instance, which is bound to nothing yet.
   *
   * @throws {TypeError} If an argument has the wrong type.
   * @throws {RangeError} If an option is out of range.
   */
  constructor(
    serverAddress: Address,
    RequestHandlerClass: RequestHandlerClass<Request, Address>,
    options?: SocketServerOptions<Socket> | null,
  ) {
    super(serverAddress, RequestHandlerClass, options);
    checkLayers(options, serverAddress.transport);
    const { socket } = options ?? {};
    if (socket === undefined) return;
    checkSocket(socket, this.socketMethods, serverAddress.transport);
    this.socket = socket;
  }

  /**
   * The socket. An overridden `serverBind()` may set one of its own.
   *
   * @throws {TypeError} If it is set to something that cannot be one.
   * @throws {Deno.errors.NotConnected} If the server is not bound.
   */
  get socket(): Socket {
    if (this.#socket !== null) return this.#socket;
    throw new Deno.errors.NotConnected(
      "Cannot use the socket as the server must be bound first: call serverBind()",
    );
  }

  set socket(socket: Socket) {
    checkSocket(socket, this.socketMethods);
    this.#socket = socket;
    this.serverAddress = socket.addr as Address;
  }

  /** Binds the server, unless it was given a socket. May be overridden. */
  override serverBind(): void {
    if (this.#socket === null) this.socket = this.listen();
  }

  /** To be overridden: the names of the methods that the socket must have. */
  protected get socketMethods(): readonly string[] {
    return ["close"];
  }

  /** To be overridden: makes the socket. Called by `serverBind()`. */
  protected abstract listen(): Socket;

  /**
   * Notes a call of the socket's that waits for a request: for `getRequest()`.
   *
   * @returns The same promise.
   */
  protected waitingFor<T>(call: Promise<T>): Promise<T> {
    this.#pending = call;
    return call;
  }

  /**
   * Whether the socket is no more. Where `getRequest()` waits by a call that it
   * has noted by `waitingFor()`, the failure of that call counts, and no other.
   */
  protected override async isListenerGone(error: unknown): Promise<boolean> {
    if (this.#socket === null) return true; // it was never bound
    if (this.#pending === null) return super.isListenerGone(error);
    let gone = false;
    this.#pending.catch((failure) => gone = isSocketGone(failure));
    await null; // if it has failed already, this comes after it
    return gone;
  }

  /** Closes the socket; resolves when its address is free. */
  protected override async closeListener(): Promise<void> {
    if (this.#socket === null) return;
    closeQuietly(this.#socket);
    await this.#pending?.catch(() => {});
    await this.#socket.released;
  }

  /** Says whether the open socket is to keep the program alive. */
  protected override keepAlive(program: boolean): void {
    if (program) this.#socket?.ref?.();
    else this.#socket?.unref?.();
  }
}
