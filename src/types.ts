/** Where bytes come from: a connection, or what stands in for one. */
export interface ByteSource {
  /** Reads into `buffer`; resolves to the bytes read, or `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** Where bytes go to: a connection, or what stands in for one. */
export interface ByteSink {
  /**
   * Writes some of `data`, maybe not all; resolves to how many bytes were taken.
   * From then on the memory may be used for other data: what is kept must be
   * copied. `write()` of a {@linkcode ResponseWriter} over it sends all.
   */
  write(data: Uint8Array): Promise<number>;
  /** Tells the other side that no more bytes will come. */
  closeWrite(): Promise<void>;
}

/**
 * What a stream handler is given to talk to its client.
 *
 * Its `write()` may take a part of the data only, as Python's `socket.send()` does,
 * and says how much. What Python's `sendall()` does is
 * `new ResponseWriter(request).write(data)`; in a `StreamRequestHandler` that is
 * `this.wfile`.
 *
 * A `Deno.Conn` is one. So is a request that is handled in another isolate,
 * which is why the interface names only what works everywhere.
 */
export interface StreamRequest extends ByteSource, ByteSink {
  /** The server's side of the connection. */
  readonly localAddr: Deno.Addr;
  /** The client's side of the connection. */
  readonly remoteAddr: Deno.Addr;
  /** Ends the connection in both directions. */
  close(): void;
  /**
   * Switches Nagle's algorithm off, or on with `false`. Only TCP connections
   * have it: on Unix sockets, and with `Deno.listenTls()`, this is `undefined`.
   */
  setNoDelay?(noDelay?: boolean): void;
  /**
   * Has the system ask now and then whether a silent client is still there, or
   * not with `false`: SO_KEEPALIVE. As with `setNoDelay()`, only TCP has it.
   */
  setKeepAlive?(keepAlive?: boolean): void;
  /** What TLS has agreed on with the client: only a connection over TLS has it. */
  readonly tls?: TlsInfo;
}

/** What a TLS handshake has told the server of its client. */
export interface TlsInfo {
  /** The protocol that both have agreed on by ALPN (RFC 7301), if they have. */
  readonly alpnProtocol: string | null;
  /**
   * The name of the server that the client asked for (RFC 6066, 3), if it did.
   * `Deno.listenTls()` does not tell it: it is `null` there.
   */
  readonly serverName: string | null;
  /**
   * The client's certificate in DER, if it was asked for one and has one: it has
   * been found to be right. `new X509Certificate()` of `node:crypto` reads it.
   */
  readonly peerCertificate: Uint8Array | null;
}

/** What a datagram handler replies through: the server's own socket. */
export interface DatagramSocket {
  /** The address that replies come from. */
  readonly addr: Deno.Addr;
  /**
   * Sends one datagram; resolves to the number of bytes sent. From then on the
   * memory may be used for other data: what is kept must be copied.
   */
  send(data: Uint8Array, address: Deno.Addr): Promise<number>;
}

/** A received datagram, and the socket to reply through. */
export type DatagramRequest = readonly [
  data: Uint8Array<ArrayBuffer>,
  socket: DatagramSocket,
];

/** A handler as the server sees it: something that can be run once. */
export interface RequestHandler {
  /** Handles the request from beginning to end. */
  run(): void | Promise<void>;
}

/**
 * What a handler may count on of its server, wherever the handler runs.
 *
 * A handler in the server's own isolate is given the server itself, with
 * everything that its class adds; one in a Worker or in a child process is
 * given an object with these members alone.
 */
export interface HandlerServer {
  /** Where the server listens. */
  readonly serverAddress: Deno.Addr;
  /** What the server's `data` option held. */
  readonly data: unknown;
  /** Asks the server to stop serving. */
  shutdown(): Promise<void>;
  /**
   * The signal of a request that is being handled: see
   * {@linkcode BaseRequestHandler.signal}, which is the way to it for a handler.
   */
  requestSignal(request: unknown): AbortSignal;
}

/** What a function that handles a request is given besides. */
export interface RequestContext {
  /**
   * Aborted when the request is to end: see
   * {@linkcode BaseRequestHandler.signal}. It is made when it is first used.
   */
  readonly signal: AbortSignal;
}

/**
 * A class whose instances handle one request each.
 *
 * @typeParam Request What the handler is given.
 * @typeParam Address The addresses of its clients.
 * @typeParam Server What it finds in `this.server`: a handler that runs where the
 * server does may ask for the server's own class, one that runs elsewhere for
 * {@linkcode HandlerServer} only.
 */
export type RequestHandlerConstructor<
  Request,
  Address extends Deno.Addr = Deno.Addr,
  // deno-lint-ignore no-explicit-any -- only the user knows the server's class
  Server = any,
> = new (
  request: Request,
  clientAddress: Address,
  server: Server,
) => RequestHandler;

/**
 * A function in place of a handler class, as any callable is in Python.
 *
 * It handles the request itself, or returns a handler to be run, which is the
 * way to give a handler's constructor further arguments.
 *
 * The type parameters are those of {@linkcode RequestHandlerConstructor}.
 */
export type RequestHandlerFunction<
  Request,
  Address extends Deno.Addr = Deno.Addr,
  // deno-lint-ignore no-explicit-any -- see RequestHandlerConstructor
  Server = any,
> = (
  request: Request,
  clientAddress: Address,
  server: Server,
  context: RequestContext,
) => unknown;

/**
 * What a server can be given to handle its requests.
 *
 * The type parameters are those of {@linkcode RequestHandlerConstructor}.
 */
export type RequestHandlerClass<
  Request,
  Address extends Deno.Addr = Deno.Addr,
  // deno-lint-ignore no-explicit-any -- see RequestHandlerConstructor
  Server = any,
> =
  | RequestHandlerConstructor<Request, Address, Server>
  | RequestHandlerFunction<Request, Address, Server>;
