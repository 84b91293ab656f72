import type { StreamRequest, TlsInfo } from "../types.ts";
import {
  brokenError,
  closedError,
  cutOffError,
  interruptedError,
} from "./tls_errors.ts";
import { afterTold, type TlsSocket } from "./tls_modules.ts";
import type { TlsTransport } from "./tls_transport.ts";

/** How many microtasks the farewell of a closed connection may take to be sent. */
const FAREWELL_MICROTASKS = 8;

/** Somebody who waits for bytes. */
interface Reader extends PromiseWithResolvers<number | null> {
  readonly buffer: Uint8Array;
}

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
export class TlsConnection implements StreamRequest, Disposable {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly tls: TlsInfo;

  readonly #connection: StreamRequest;
  readonly #transport: TlsTransport;
  readonly #socket: TlsSocket;
  readonly #readers: Reader[] = [];
  /** What has been decrypted, and nobody has read yet. */
  readonly #chunks: Uint8Array[] = [];
  #ended = false;
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
    transport.want(false);
    transport.events = {
      onEnd: () => this.#cutOff(),
      onFailure: (error) => this.#fail(error),
    };
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("end", () => this.#end());
    socket.on("error", (error) => this.#fail(brokenError(error)));
    socket.on(
      "close",
      () => this.#ended || this.#fail(cutOffError("go on with")),
    );
  }

  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#chunks.length > 0) return Promise.resolve(this.#copyTo(buffer));
    if (this.#ended) return Promise.resolve(null);
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    const reader = { buffer, ...Promise.withResolvers<number | null>() };
    this.#readers.push(reader);
    this.#transport.want(true);
    return reader.promise;
  }

  write(data: Uint8Array): Promise<number> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#failure !== null) return Promise.reject(this.#failure.error);
    if (data.length === 0) return Promise.resolve(0); // node:tls would not end it
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

  setNoDelay(noDelay?: boolean): void {
    this.#connection.setNoDelay?.(noDelay);
  }

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
    this.#refuseReaders(interruptedError("read"));
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
    try {
      this.#connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  #take(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    for (let reader; this.#chunks.length > 0;) {
      if ((reader = this.#readers.shift()) === undefined) break;
      reader.resolve(this.#copyTo(reader.buffer));
    }
    this.#transport.want(this.#readers.length > 0);
  }

  #copyTo(buffer: Uint8Array): number {
    const chunk = this.#chunks[0]!;
    const count = Math.min(chunk.length, buffer.length);
    buffer.set(count === chunk.length ? chunk : chunk.subarray(0, count));
    if (count === chunk.length) this.#chunks.shift();
    else this.#chunks[0] = chunk.subarray(count);
    return count;
  }

  #end(): void {
    this.#ended = true;
    for (const { resolve } of this.#readers.splice(0)) resolve(null);
  }

  /** TLS has an end of its own; without that, others may have cut the input. */
  #cutOff(): void {
    // That end is told in a later tick than its bytes are read.
    afterTold(() => {
      if (!this.#ended) this.#fail(cutOffError("go on with"));
    });
  }

  #fail(error: unknown): void {
    if (this.#closed || this.#failure !== null) return;
    this.#failure = { error };
    this.#refuseReaders(error);
  }

  #refuseReaders(error: unknown): void {
    for (const { reject } of this.#readers.splice(0)) reject(error);
  }
}
