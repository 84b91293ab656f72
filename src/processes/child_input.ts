import { WINDOW } from "../remote/frames.ts";
import { succeedsWithin } from "../streams/time_limit.ts";

/**
 * How much may wait for a child to read it, for each of its requests, in bytes:
 * many times what the protocol's window makes of a request.
 */
const MAX_UNREAD = 16 * WINDOW;
/** How long to wait for a write to end when the process has, in seconds. */
const GRACE = 1;

/**
 * Writes to a child process. That the process has ended is noticed elsewhere:
 * nothing is thrown here.
 */
export class ChildInput {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  #unread = 0;

  constructor({ stdin }: Deno.ChildProcess) {
    this.#writer = stdin.getWriter();
  }

  /** How many bytes of batches the process has not read, those sent last included. */
  get unread(): number {
    return this.#unread;
  }

  /** Whether more waits than so many requests, and one more, may have. */
  isOverfull(requests: number): boolean {
    return this.#unread > MAX_UNREAD * (requests + 1);
  }

  /** Writes a batch of frames. */
  async send(batch: Uint8Array): Promise<void> {
    this.#unread += batch.length;
    await this.write(batch);
    this.#unread -= batch.length;
  }

  /** Writes bytes. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes).catch(() => {});
  }

  /** Ends the input, at which the process ends by itself. */
  close(): void {
    this.#writer.close().catch(() => {});
  }

  /**
   * Gives up what has not been read: the process has ended. A program that it
   * started may have inherited the pipe, and hold it for as long as it lives.
   */
  async abort(): Promise<void> {
    await succeedsWithin(this.#writer.abort(), GRACE);
  }
}
