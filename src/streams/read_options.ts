import { brokenRule } from "../broken_rule.ts";
import { checkedReadTimeout } from "./argument_checks.ts";

/** Options for {@linkcode RequestReader}. */
export interface RequestReaderOptions {
  /**
   * The largest buffer to read into, in bytes: at most 1 GiB.
   *
   * `-1` lets the reader choose, by what the client sends. `0` never reads
   * ahead: not one byte more than a call asks for leaves the connection, so a
   * line costs a read for each of its bytes.
   *
   * @default {-1}
   */
  bufferSize?: number;
  /**
   * The longest that one call of a method may wait for the client, in seconds;
   * `null` and `Infinity` for ever.
   *
   * It holds for one whole line, or one whole `readExactly()`, however many
   * pieces the client sends it in: the next byte alone does not prolong it. As a
   * stream, the reader waits this long for each chunk. A call can have a limit of
   * its own: {@linkcode ReadOptions.timeout}.
   *
   * @default {null}
   */
  timeout?: number | null;
}

/** Options for the methods of {@linkcode RequestReader}. */
export interface ReadOptions {
  /**
   * Makes the call give up when it is aborted: it rejects with the signal's
   * reason, and the next call may begin.
   *
   * Nothing is lost. What has come stays in the reader, and what the connection
   * brings later is read by the next call, whichever that is. A call that is
   * made when the signal has been aborted already rejects too.
   *
   * @default {undefined}
   */
  signal?: AbortSignal | null | undefined;
  /**
   * The longest that this call may wait for the client, in seconds, in place of
   * the reader's own limit; `null` and `Infinity` for ever.
   *
   * For a limit that changes during a connection, as where a client has less time
   * to say who it is than to say what it wants.
   *
   * @default {undefined}
   */
  timeout?: number | null | undefined;
}

/** Options for the methods of {@linkcode RequestReader} that read a whole thing. */
export interface ReadWholeOptions extends ReadOptions {
  /**
   * Whether the end of the input is an error: with `true` the call rejects with
   * an {@linkcode UnexpectedEof}, whose `partial` is empty, where it would return
   * `null` otherwise.
   *
   * For what must follow, within a message: so its end needs no check after each
   * part of it.
   *
   * @default {false}
   */
  required?: boolean | undefined;
}

/** What makes one call give up. */
export interface ReadLimits {
  readonly signal: AbortSignal | undefined;
  /** In seconds; `null` for ever, `undefined` for the reader's own. */
  readonly timeout: number | null | undefined;
}

/** One object for all calls without options, which are most. */
const OWN_LIMITS: ReadLimits = { signal: undefined, timeout: undefined };

/**
 * Finds the limits in what a user gave. `null` stands for no options, and for no
 * signal, as `undefined` does.
 *
 * @throws {TypeError} If the options or one of them are something else.
 * @throws {RangeError} If the timeout is out of range.
 */
export function limitsIn(
  options: ReadOptions | null | undefined,
): ReadLimits {
  if (options === undefined || options === null) return OWN_LIMITS;
  if (typeof options !== "object") {
    throw new TypeError(
      brokenRule("read", "the options must be an object", options),
    );
  }
  const { signal, timeout } = options;
  return {
    signal: checkedSignal(signal ?? undefined),
    timeout: timeout === undefined ? undefined : checkedReadTimeout(timeout),
  };
}

/**
 * Whether the end of the input is an error.
 *
 * @throws {TypeError} If the option is something else.
 */
export function isRequired(
  options: ReadWholeOptions | null | undefined,
): boolean {
  const required = options?.required ?? false;
  if (typeof required === "boolean") return required;
  throw new TypeError(
    brokenRule("read", "'required' must be a boolean", required),
  );
}

function checkedSignal(signal: AbortSignal | undefined) {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError(
    brokenRule("read", "'signal' must be an AbortSignal", signal),
  );
}
