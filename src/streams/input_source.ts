import { Condition } from "./condition.ts";
import type { InputBuffer } from "./input_buffer.ts";

/**
 * Gives a stream its bytes: the underlying source of a `RequestReader`, in the
 * words of the Streams standard.
 *
 * The reader's methods take bytes from the same buffer, so this is also where
 * the two are kept apart.
 */
export class InputSource {
  readonly type = "bytes";
  /** The bytes. */
  readonly input: InputBuffer;
  /** Whether a method of the reader is under way. */
  #busy = false;
  /** Notified when it has ended, if the stream waits for that. */
  #idle: Condition | null = null;
  /** Set when the stream first asks for bytes. */
  #controller: ReadableByteStreamController | null = null;
  #pulling: Promise<void> | null = null;
  /** See {@linkcode InputSource.pullNext}. */
  #next: Promise<boolean> | null = null;

  constructor(input: InputBuffer) {
    this.input = input;
  }

  /**
   * Begins a method of the reader.
   *
   * @param stream The stream that this is the source of.
   * @throws {TypeError} If the stream is locked.
   * @throws {Deno.errors.Busy} If another one is under way.
   */
  enter(stream: { readonly locked: boolean }): void {
    if (stream.locked) {
      throw new TypeError("Cannot read as rfile is locked to a stream reader");
    }
    if (this.#busy) {
      throw new Deno.errors.Busy(
        "Cannot read from rfile as another read is waiting",
      );
    }
    this.#busy = true;
  }

  /** Ends the method. */
  leave(): void {
    this.#busy = false;
    this.#idle?.notify();
  }

  /** Whether a method is under way. */
  get isBusy(): boolean {
    return this.#busy;
  }

  /**
   * Passes on what somebody has found out who read past the stream: that no more
   * comes, or the error.
   *
   * @param filling What the buffer's `fill()` gave.
   */
  pullNext(filling: Promise<boolean>): void {
    this.#next = filling;
  }

  /** Whether the stream may hold bytes: see {@linkcode takeBack}. */
  get hasPulled(): boolean {
    return this.#controller !== null;
  }

  /**
   * Takes back what the stream asked for on behalf of a reader that has been
   * released since: it comes before everything that is still to be read.
   *
   * @param stream The stream that this is the source of.
   */
  async takeBack(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    await this.#pulling;
    while ((this.#controller?.desiredSize ?? 0) < 0) {
      const reader = stream.getReader();
      const { value } = await reader.read();
      reader.releaseLock();
      if (value !== undefined) this.input.putBack(value);
    }
  }

  /** Called by the stream when somebody waits for its bytes. */
  async pull(controller: ReadableStreamController<Uint8Array>): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#controller = controller as ReadableByteStreamController;
    this.#pulling = promise;
    try {
      // Once is enough: a method that begins now takes back what is pulled here.
      if (this.#busy) await (this.#idle ??= new Condition()).wait();
      const more = this.input.length > 0 ||
        await (this.#next ?? this.input.fill(Infinity));
      if (this.#controller === null) return; // cancelled meanwhile
      if (more) {
        this.#controller.enqueue(this.input.take(this.input.length));
      } else {
        this.#controller.close();
        this.#controller.byobRequest?.respond(0);
      }
    } finally {
      this.#pulling = null;
      resolve();
    }
  }

  /** Called by the stream when nobody wants its bytes any more. */
  cancel(): void {
    this.#controller = null;
    this.input.discard();
  }
}
