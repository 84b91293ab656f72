import { inspected } from "../inspected.ts";

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
}

/**
 * Finds the signal in what a user gave. `null` stands for none, as `undefined`
 * does.
 *
 * @throws {TypeError} If the options or the signal are something else.
 */
export function signalIn(
  options: ReadOptions | null | undefined,
): AbortSignal | undefined {
  if (options === undefined || options === null) return undefined;
  if (typeof options !== "object") {
    throw new TypeError(
      `Cannot read as the options must be an object: current value is ${
        inspected(options)
      }`,
    );
  }
  const { signal } = options;
  if (signal === undefined || signal === null) return undefined;
  if (signal instanceof AbortSignal) return signal;
  throw new TypeError(
    `Cannot read as 'signal' must be an AbortSignal: current value is ${
      inspected(signal)
    }`,
  );
}
