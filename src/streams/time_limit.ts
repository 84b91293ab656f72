/**
 * Waits for an operation on a connection, at most `seconds`.
 *
 * The platform cannot take such an operation back, so it goes on; whoever
 * calls this must keep its promise. `@std/async`'s `deadline()` is not used
 * here because its timer outlives the operation, once for every read.
 *
 * @throws {Deno.errors.TimedOut} If the operation takes longer.
 */
export function withinTimeLimit<T>(
  operation: Promise<T>,
  seconds: number,
  action: string,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(
        new Deno.errors.TimedOut(
          `Cannot ${action} within the timeout: current value is ${seconds} seconds`,
        ),
      );
    }, seconds * 1000);
    operation.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
