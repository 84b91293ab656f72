import type { StreamRequest } from "../types.ts";
import { tlsModule } from "./tls_modules.ts";

/** How large a buffer is at first, and from when a read has filled it. */
const FIRST_BUFFER = 4_096;
const LARGE_BUFFER = 65_536;

type Duplex = import("node:stream").Duplex;
type Carrier = Pick<StreamRequest, "read" | "write">;
type WriteCallback = (error?: Error | null) => void;

/** What happens to a connection that `node:tls` does not tell. */
export interface TransportEvents {
  /** The client has ended the connection, whether or not TLS has ended. */
  onEnd(): void;
  /** The connection has failed. */
  onFailure(error: unknown): void;
}

/** A connection as a stream of Node, for `node:tls` to read and write through. */
export interface TlsTransport extends Duplex {
  /** Who hears of the connection. */
  events: TransportEvents;
  /**
   * Says whether bytes are wanted. Without that none are read, so that nobody
   * can fill the memory: `node:tls` itself takes whatever comes.
   */
  want(wanted: boolean): void;
  /** Resolves when no write is under way any more, whatever has become of it. */
  written(): Promise<void>;
}

type TlsTransportConstructor = new (
  connection: Carrier,
  head: Uint8Array,
  events: TransportEvents,
) => TlsTransport;

let transportClass: TlsTransportConstructor | undefined;

/**
 * Makes a transport of a connection, which it never closes.
 *
 * @param head What has been read before, and comes first.
 */
export function createTlsTransport(
  connection: Carrier,
  head: Uint8Array,
  events: TransportEvents,
): TlsTransport {
  transportClass ??= defineTransport();
  return new transportClass(connection, head, events);
}

/** The class it extends is loaded only where there is TLS. */
function defineTransport(): TlsTransportConstructor {
  return class extends tlsModule("node:stream").Duplex implements TlsTransport {
    readonly #connection: Carrier;
    events: TransportEvents;
    #buffer = new Uint8Array(FIRST_BUFFER);
    /** Whether bytes are asked for, by `node:tls` and by who reads from that. */
    #asked = false;
    #wanted = true;
    #reading = false;
    #writing: PromiseWithResolvers<void> | null = null;

    constructor(
      connection: Carrier,
      head: Uint8Array,
      events: TransportEvents,
    ) {
      super({ readableHighWaterMark: 1 });
      if (head.length > 0) this.push(head);
      this.#connection = connection;
      this.events = events;
    }

    written(): Promise<void> {
      return this.#writing?.promise ?? Promise.resolve();
    }

    want(wanted: boolean): void {
      this.#wanted = wanted;
      this.#readOn();
    }

    override _read(): void {
      this.#asked = true;
      this.#readOn();
    }

    /**
     * Writes at once: `node:tls` has one write under way at a time, and may have
     * a last one when it has destroyed the stream, its farewell.
     */
    override write(
      data: Uint8Array,
      encoding?: BufferEncoding | WriteCallback,
      callback?: WriteCallback,
    ): boolean {
      this.#writing ??= Promise.withResolvers();
      this.#send(data, typeof encoding === "function" ? encoding : callback);
      return true;
    }

    #readOn(): void {
      if (!this.#asked || !this.#wanted || this.#reading) return;
      this.#asked = false;
      this.#reading = true;
      this.#connection.read(this.#buffer).then(this.#take, this.#fail);
    }

    readonly #take = (count: number | null): void => {
      this.#reading = false;
      if (count === null) return this.events.onEnd();
      const full = count === this.#buffer.length;
      this.push(this.#buffer.subarray(0, count));
      // What has been taken is copied, and its memory is free.
      if (full) this.#buffer = new Uint8Array(LARGE_BUFFER);
      else if (this.readableLength > 0) {
        this.#buffer = new Uint8Array(this.#buffer.length);
      }
    };

    readonly #fail = (error: unknown): void => {
      this.#reading = false;
      this.events.onFailure(error);
    };

    #send(data: Uint8Array, callback: WriteCallback | undefined): void {
      this.#connection.write(data).then((count) => {
        if (count < data.length) {
          return this.#send(data.subarray(count), callback);
        }
        this.#endWriting();
        callback?.();
      }, (error) => {
        this.#endWriting();
        this.events.onFailure(error);
        callback?.(error);
      });
    }

    #endWriting(): void {
      this.#writing?.resolve();
      this.#writing = null;
    }
  };
}
