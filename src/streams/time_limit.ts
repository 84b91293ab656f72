import { Deadlines } from "./deadlines.ts";
import { noteOrigin } from "./error_origin.ts";

/** The longest delay of a timer: a longer one would end at once. */
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * How long code may still take for its `finally` blocks when it has been told to
 * end, in seconds.
 */
export const LAST_GRACE = 0.25;

/** Makes a duration the delay of a timer, whatever was set in its place. */
export function toMilliseconds(seconds: number): number {
  return Math.min(Math.max(0, seconds * 1000 || 0), LONGEST_DELAY_MS);
}

/**
 * Waits for an operation on a connection, at most `seconds`.
 *
 * The platform cannot take such an operation back, so it goes on; whoever
 * calls this must keep its promise.
 *
 * @param connection What is read from or written to, if the error is to tell.
 * @throws {Deno.errors.TimedOut} If the operation takes longer.
 */
export async function withinTimeLimit<T>(
  operation: Promise<T>,
  seconds: number,
  action: string,
  connection?: object,
): Promise<T> {
  let settled = false;
  const note = () => {
    settled = true;
  };
  operation.then(note, note);
  await null; // what ends at once, like closeWrite(), needs no deadline
  return await (settled
    ? operation
    : withDeadline(operation, seconds, action, connection));
}

function withDeadline<T>(
  operation: Promise<T>,
  seconds: number,
  action: string,
  connection?: object,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const deadlines = Deadlines.of(toMilliseconds(seconds));
    const deadline = deadlines.start(() =>
      reject(timedOut(seconds, action, connection))
    );
    operation.then((value) => {
      deadlines.end(deadline);
      resolve(value);
    }, (error) => {
      deadlines.end(deadline);
      reject(error);
    });
  });
}

/** Makes the error for what has taken too long. */
export function timedOut(
  seconds: number,
  action: string,
  connection?: object,
): Deno.errors.TimedOut {
  const error = new Deno.errors.TimedOut(
    `Cannot ${action} within the timeout: current value is ${seconds} seconds`,
  );
  if (connection !== undefined) noteOrigin(error, connection);
  return error;
}

/** Waits for an operation, at most `seconds`; tells whether it succeeded in time. */
export function succeedsWithin(
  operation: Promise<unknown>,
  seconds: number,
): Promise<boolean> {
  return withinTimeLimit(operation, seconds, "wait")
    .then(() => true, () => false);
}
