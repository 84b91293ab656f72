import { onLoss } from "../streams/loss_listeners.ts";
import type { StreamRequest, TlsInfo } from "../types.ts";
import { BytePipe } from "./byte_pipe.ts";

/** What a connection in memory is made of. */
export interface TestConnectionParts {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  readonly signal: AbortSignal;
  readonly chunkSize: number;
  readonly highWaterMark: number;
  /** What the handler finds as `request.tls`; `null` for no TLS. */
  readonly tls: TlsInfo | null;
  /** Called when the handler finds that its client is lost. */
  readonly onLoss: (error: Error) => void;
}

/** The handler's end of a connection in memory; its pipes are the client's. */
export class TestConnection implements StreamRequest {
  readonly localAddr: Deno.Addr;
  readonly remoteAddr: Deno.Addr;
  /** What the handler finds as its `signal`. */
  readonly signal: AbortSignal;
  readonly setNoDelay?: () => void;
  readonly setKeepAlive?: () => void;
  readonly tls?: TlsInfo;
  /** From the client to the handler. */
  readonly input: BytePipe;
  /** From the handler to the client. */
  readonly output: BytePipe;
  #isClosed = false;

  constructor(parts: TestConnectionParts) {
    const { localAddr, remoteAddr, signal, chunkSize, highWaterMark } = parts;
    this.localAddr = localAddr;
    this.remoteAddr = remoteAddr;
    this.signal = signal;
    this.input = new BytePipe({
      read: chunkSize,
      write: Infinity,
      highWaterMark: Infinity,
    });
    this.output = new BytePipe({
      read: Infinity,
      write: chunkSize,
      highWaterMark,
    });
    if (localAddr.transport === "tcp") {
      this.setNoDelay = this.setKeepAlive = () => {};
    }
    if (parts.tls !== null) this.tls = parts.tls;
    onLoss(this, parts.onLoss);
  }

  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#isClosed) return Promise.reject(closedError());
    return this.input.read(buffer);
  }

  write(data: Uint8Array): Promise<number> {
    if (this.#isClosed) return Promise.reject(closedError());
    return this.output.write(data);
  }

  closeWrite(): Promise<void> {
    if (this.#isClosed) return Promise.reject(closedError());
    this.output.end();
    return Promise.resolve();
  }

  /** As the handler may do; what waits then is interrupted, as with a socket. */
  close(): void {
    const error = new Deno.errors.Interrupted(
      "The connection was closed meanwhile",
    );
    this.input.interrupt(error);
    this.output.interrupt(error);
    this.release();
  }

  /** As the server does when the handler has ended. Nobody is told of that. */
  release(): void {
    this.#isClosed = true;
    this.output.end();
  }
}

function closedError(): Error {
  return new Deno.errors.BadResource("The connection is closed");
}
