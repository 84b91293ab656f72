import { inspected } from "../inspected.ts";
import { checkedReadTimeout } from "./argument_checks.ts";

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
      `Cannot read as the options must be an object: current value is ${
        inspected(options)
      }`,
    );
  }
  const { signal, timeout } = options;
  return {
    signal: checkedSignal(signal ?? undefined),
    timeout: timeout === undefined ? undefined : checkedReadTimeout(timeout),
  };
}

function checkedSignal(signal: AbortSignal | undefined) {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw new TypeError(
    `Cannot read as 'signal' must be an AbortSignal: current value is ${
      inspected(signal)
    }`,
  );
}
