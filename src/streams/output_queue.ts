import type { ByteSink } from "../types.ts";
import { wrongTakenCount } from "./argument_checks.ts";
import { CallLimits } from "./call_limits.ts";
import { noteOrigin } from "./error_origin.ts";
import { othersTurn } from "./others_turn.ts";
import { reuse } from "./text_buffers.ts";

/** Sends to a sink what is written, each write after the one before. */
export class OutputQueue {
  readonly #sink: ByteSink;
  /** What makes a write give up; `null` if it may take for ever. */
  readonly #limits: CallLimits | null;
  /** The last write under way: the next one is sent after it. */
  #last: Promise<number> | null = null;
  #underway = 0;
  #pending = 0;
  #failure: Error | null = null;

  /**
   * Creates an instance.
   *
   * @param timeout The longest that the client may take for a write when it is
   * that one's turn, in seconds; `null` for ever.
   */
  constructor(sink: ByteSink, timeout: number | null) {
    this.#sink = sink;
    this.#limits = timeout === null
      ? null
      : new CallLimits(timeout, "write", sink);
  }

  /** Why nothing more can be sent. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** The last write under way, if there is one. */
  get last(): Promise<number> | null {
    return this.#last;
  }

  /** How many bytes the sink has not taken yet. */
  get pending(): number {
    return this.#pending;
  }

  /** Sends nothing more that is written from now on. */
  end(failure: Error): void {
    this.#failure ??= failure;
  }

  /**
   * Sends bytes.
   *
   * @param isOwn Whether nobody else has a use for the bytes.
   * @returns How many there are, when all have been taken.
   */
  send(bytes: Uint8Array, isOwn: boolean): Promise<number> {
    this.#underway++;
    this.#pending += bytes.length;
    this.#last = this.#send(bytes, this.#last, isOwn);
    // If it has failed at once, it could not do this itself.
    return this.#failure === null ? this.#last : optional(this.#last);
  }

  async #send(
    bytes: Uint8Array,
    before: Promise<number> | null,
    isOwn: boolean,
  ): Promise<number> {
    try {
      if (before !== null) await before;
      for (let sent = 0; sent < bytes.length;) {
        const rest = sent === 0 ? bytes : bytes.subarray(sent);
        const writing = this.#sink.write(rest);
        const count = await (this.#limits?.wait(writing) ?? writing);
        if (!(count > 0)) {
          throw wrongTakenCount(count);
        }
        sent += count;
        this.#pending -= Math.min(count, rest.length);
      }
      if (isOwn) reuse(bytes);
      const turn = othersTurn(bytes.length);
      if (turn !== null) await turn;
      return bytes.length;
    } catch (error) {
      noteOrigin(error, this.#sink);
      this.#failure ??= error as Error;
      // This write's own promise; if others follow, they wait for it, and the
      // last one's is what nobody may be waiting for.
      if (this.#last !== null) optional(this.#last);
      throw error;
    } finally {
      this.#limits?.end();
      if (--this.#underway === 0) this.#last = null;
    }
  }
}

/**
 * Lets a promise be ignored: a write that nobody waits for must not end the
 * program when the client has gone. `finish()` learns of it all the same.
 */
export function optional<T>(operation: Promise<T>): Promise<T> {
  operation.catch(() => {});
  return operation;
}
