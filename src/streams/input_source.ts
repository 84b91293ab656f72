import { CallLimits } from "./call_limits.ts";
import { Condition } from "./condition.ts";
import type { InputBuffer } from "./input_buffer.ts";
import { StreamSource } from "./stream_source.ts";

/**
 * Gives a stream its bytes: the underlying source of a `RequestReader`, in the
 * words of the Streams standard.
 *
 * The reader's methods take bytes from the same buffer, so this is also where
 * the two are kept apart, and where they give up.
 */
export class InputSource {
  readonly type = "bytes";
  /** The bytes. */
  readonly input: InputBuffer;
  readonly #timeout: number | null;
  /** What is waited for. */
  readonly #connection: object;

  /** Whether a method of the reader is under way. */
  #busy = false;
  /** The signal of that method: once it is aborted, the method is over. */
  #signal: AbortSignal | undefined;
  /** How long that method may wait in all, in seconds; `null` for ever. */
  #seconds: number | null;
  /** What makes the methods give up; `null` as long as nothing has done. */
  #limits: CallLimits | null = null;
  /** Notified when a method has ended, if the stream waits for that. */
  #idle: Condition | null = null;

  /** Set when the stream first asks for bytes. */
  #controller: ReadableByteStreamController | null = null;
  #pulling: Promise<void> | null = null;
  #takingBack: Promise<void> | null = null;
  /** See {@linkcode InputSource.pullNext}. */
  #next: Promise<boolean> | null = null;

  /**
   * Creates an instance.
   *
   * @param timeout The longest that a method may wait in all, and the stream for
   * each chunk, in seconds; `null` for ever.
   * @param connection Where the bytes come from.
   */
  constructor(input: InputBuffer, timeout: number | null, connection: object) {
    this.input = input;
    this.#timeout = this.#seconds = timeout;
    this.#connection = connection;
  }

  /**
   * Begins a method of the reader.
   *
   * From then on a method looks at its signal whenever it has waited: it may be
   * aborted just when bytes have come, and another method have begun.
   *
   * @param stream The stream that this is the source of.
   * @param timeout How long the method may wait, in seconds; `undefined` for as
   * long as the others.
   * @throws {unknown} The signal's reason, if that is aborted.
   * @throws {TypeError} If the stream is locked.
   * @throws {Deno.errors.Busy} If another method is under way.
   */
  enter(
    stream: { readonly locked: boolean },
    signal?: AbortSignal,
    timeout: number | null = this.#timeout,
  ): void {
    signal?.throwIfAborted();
    // Called by a listener: ours may be a later one, and has to do nothing then.
    if (this.#signal?.aborted) this.#abandon(this.#signal);
    if (stream.locked && this.#takingBack === null) {
      throw new TypeError("Cannot read as rfile is locked to a stream reader");
    }
    if (this.#busy) {
      throw new Deno.errors.Busy(
        "Cannot read from rfile as another read is waiting",
      );
    }
    this.#busy = true;
    this.#signal = signal;
    this.#seconds = timeout;
  }

  /** Ends the method that has this signal, unless it is over. */
  leave(signal?: AbortSignal): void {
    if (this.#signal !== signal) return;
    this.#busy = false;
    this.#signal = undefined;
    this.#limits?.end();
    this.#idle?.notify();
  }

  #abandon(signal: AbortSignal): void {
    this.#limits?.giveUp(signal.reason);
    this.leave(signal);
  }

  /** Whether a method is under way. */
  get isBusy(): boolean {
    return this.#busy;
  }

  /** Waits for more bytes, for a method: see {@linkcode InputBuffer.fill}. */
  fill(wanted: number): Promise<boolean> {
    return this.#wait(this.input.fill(wanted));
  }

  #wait<T>(operation: Promise<T>): Promise<T> {
    if (this.#seconds === null && this.#signal === undefined) return operation;
    this.#limits ??= this.#makeLimits();
    return this.#limits.wait(operation, this.#signal, this.#seconds);
  }

  #makeLimits(): CallLimits {
    const onGivenUp = () => this.input.giveUp();
    return new CallLimits(this.#timeout, "read", this.#connection, onGivenUp);
  }

  /** Waits for the stream's next bytes. */
  fillNext(): Promise<boolean> {
    return this.#timeout === null && !this.input.isSkipping
      ? this.input.fill(Infinity)
      : this.#fillNext(this.#makeLimits());
  }

  async #fillNext(limits: CallLimits): Promise<boolean> {
    try {
      while (await limits.wait(this.input.fill(Infinity))) {
        if (this.input.length > 0) return true;
      }
      return false;
    } finally {
      limits.end();
    }
  }

  /**
   * Passes on what somebody has found out who read past the stream: that no more
   * comes, or the error.
   *
   * @param filling What {@linkcode InputSource.fillNext} gave.
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
   * @param signal The method's.
   */
  async takeBack(
    stream: ReadableStream<Uint8Array<ArrayBuffer>>,
    signal?: AbortSignal,
  ): Promise<void> {
    await (this.#pulling === null ? null : this.#wait(this.#pulling));
    // A method that is over may have begun to.
    while (this.#takingBack !== null || this.#hasChunk) {
      await (this.#takingBack ??= this.#takeChunkBack(stream.getReader()));
      signal?.throwIfAborted();
    }
  }

  get #hasChunk(): boolean {
    return (this.#controller?.desiredSize ?? 0) < 0;
  }

  async #takeChunkBack(
    reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>,
  ): Promise<void> {
    const { value } = await reader.read();
    reader.releaseLock();
    this.#takingBack = null;
    if (value !== undefined) this.input.putBack(value);
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
        await (this.#next ?? this.fillNext());
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
  async cancel(reason: unknown): Promise<void> {
    this.#controller = null;
    this.input.discard();
    const source = this.#connection;
    if (source instanceof StreamSource) await source.cancel(reason);
  }
}
