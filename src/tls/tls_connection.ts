import { closeQuietly } from "../streams/close_quietly.ts";
import { noteCarrier } from "../streams/error_origin.ts";
import type { StreamRequest, TlsInfo } from "../types.ts";
import { readableOf, writableOf } from "./connection_streams.ts";
import { DecryptedInput } from "./decrypted_input.ts";
import {
  brokenError,
  closedError,
  cutOffError,
  interruptedError,
  writeEndedError,
} from "./tls_errors.ts";
import { afterTold, type TlsSocket } from "./tls_modules.ts";
import type { TlsTransport } from "./tls_transport.ts";

/** How many microtasks the farewell of a closed connection may take to be sent. */
const FAREWELL_MICROTASKS = 8;

/**
 * The server's end of a TLS connection over another connection: what
 * {@linkcode TlsAcceptor.accept} gives.
 *
 * Wherever a connection can be read and written, it can be, too. TLS tells its own
 * end (RFC 8446, 6.1), so a `read()` gives `null` only if the client has ended its
 * output itself; where the connection below ends without that, `read()` rejects
 * with `Deno.errors.UnexpectedEof`. A `RequestReader` takes both for the
 * end of the input.
 */
export class TlsConnection implements Deno.Conn, StreamRequest {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly tls: TlsInfo;

  readonly #connection: StreamRequest;
  readonly #transport: TlsTransport;
  readonly #socket: TlsSocket;
  readonly #input = new DecryptedInput();
  #readable: ReadableStream<Uint8Array<ArrayBuffer>> | undefined;
  #writable: WritableStream<Uint8Array<ArrayBufferLike>> | undefined;
  /** Why there is no more to read or write. */
  #failure: { readonly error: unknown } | null = null;
  #farewell: Promise<void> | null = null;
  #closed = false;

  /** @ignore Creates an instance after the handshake. */
  constructor(
    connection: StreamRequest,
    transport: TlsTransport,
    socket: TlsSocket,
    peerCertificate: Uint8Array | null,
  ) {
    this.#connection = connection;
    this.#transport = transport;
    this.#socket = socket;
    this.localAddr = connection.localAddr;
    this.remoteAddr = connection.remoteAddr;
    this.tls = {
      alpnProtocol: socket.alpnProtocol || null,
      serverName: socket.servername || null,
      peerCertificate,
    };
    noteCarrier(this, connection);
    transport.want(false);
    transport.events = {
      onEnd: () => this.#cutOff(),
      onFailure: (error) => this.#fail(error),
    };
    socket.on("data", (chunk: Uint8Array) => this.#take(chunk));
    socket.on("end", () => this.#input.end());
    socket.on("error", (error) => this.#fail(brokenError(error)));
    socket.on(
      "close",
      () => this.#input.hasEnded || this.#fail(cutOffError("go on with")),
    );
  }

  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#closed) return Promise.reject(closedError());
    if (!this.#input.isReady) {
      if (this.#failure !== null) return Promise.reject(this.#failure.error);
      this.#transport.want(true);
    }
    return this.#input.read(buffer);
  }

  write(data: Uint8Array): Promise<number> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    // node:tls would never end it; and it asks whether the client is lost.
    if (data.length === 0) return this.#connection.write(data);
    // node:tls would fail, and reading with it.
    if (this.#farewell !== null) return Promise.reject(writeEndedError());
    return new Promise((resolve, reject) => {
      this.#socket.write(data, (error) => {
        // Deno's node:tls tells nobody that a write of ours has failed.
        if (this.#failure !== null) reject(this.#failure.error);
        else if (!error) resolve(data.length);
        else if (this.#closed) reject(interruptedError("write"));
        else reject(brokenError(error));
      });
    });
  }

  /** Tells the client that no more will come, by TLS: it may go on to send. */
  closeWrite(): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    return this.#farewell ??= new Promise((resolve) => {
      this.#socket.end(() => this.#transport.written().then(resolve));
    });
  }

  /**
   * What comes, as a stream: as that of `Deno.TcpConn`, it closes the connection
   * at its end.
   */
  get readable(): ReadableStream<Uint8Array<ArrayBuffer>> {
    return this.#readable ??= readableOf(this);
  }

  /** The way out, as a stream: to close it closes the connection. */
  get writable(): WritableStream<Uint8Array<ArrayBufferLike>> {
    return this.#writable ??= writableOf(this);
  }

  /** Keeps the program running while something is read, as it is at first. */
  ref(): void {
    (this.#connection as Partial<Deno.Conn>).ref?.();
  }

  /** Lets the program end though something is read. */
  unref(): void {
    (this.#connection as Partial<Deno.Conn>).unref?.();
  }

  /**
   * Switches Nagle's algorithm off, or on with `false`, for the connection below.
   * Where that is a Unix socket, which has none, this does nothing.
   */
  setNoDelay(noDelay?: boolean): void {
    this.#connection.setNoDelay?.(noDelay);
  }

  /**
   * Has the system ask now and then whether a silent client is still there, or
   * not with `false`. Over a Unix socket this does nothing either.
   */
  setKeepAlive(keepAlive?: boolean): void {
    this.#connection.setKeepAlive?.(keepAlive);
  }

  /**
   * Ends the connection in both directions. The client is told so, if it takes it
   * at once; the connection is closed in any case.
   */
  close(): void {
    if (this.#closed) throw closedError();
    this.#closed = true;
    this.#input.refuse(interruptedError("read"));
    if (this.#failure === null) this.#closeSoon();
    else this.#release();
  }

  /** Closes the connection, unless that has been done. */
  [Symbol.dispose](): void {
    if (!this.#closed) this.close();
  }

  async #closeSoon(): Promise<void> {
    if (this.#farewell === null) this.#socket.end();
    for (let i = 0; i < FAREWELL_MICROTASKS; i++) await null;
    this.#release();
  }

  #release(): void {
    this.#socket.destroy();
    this.#transport.destroy();
    closeQuietly(this.#connection);
  }

  #take(chunk: Uint8Array): void {
    this.#input.add(chunk);
    this.#transport.want(this.#input.isAwaited);
  }

  /** TLS has an end of its own; without that, others may have cut the input. */
  #cutOff(): void {
    // That end is told in a later tick than its bytes are read.
    afterTold(() => {
      if (!this.#input.hasEnded) this.#fail(cutOffError("go on with"));
    });
  }

  #fail(error: unknown): void {
    if (this.#closed || this.#failure !== null) return;
    this.#failure = { error };
    this.#input.refuse(error);
  }
}
