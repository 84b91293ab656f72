import type { StreamRequest } from "../types.ts";

/** How often to look whether the connection is still there, in milliseconds. */
const WATCH_INTERVAL_MS = 1000;

const NOTHING = new Uint8Array(0);

/**
 * Watches a connection whose input has ended: no read is pending any more, so
 * only a write can show that the connection is lost.
 *
 * @returns A promise that rejects then, or resolves when the watch is ended.
 */
export function connectionLoss(
  connection: StreamRequest,
  end: AbortSignal,
): Promise<void> {
  if (end.aborted) return Promise.resolve();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let asking = false;
  const timer = setInterval(async () => {
    if (asking) return; // the client is slow to take what was written
    asking = true;
    try {
      await connection.write(NOTHING);
    } catch (error) {
      reject(error);
    }
    asking = false;
  }, WATCH_INTERVAL_MS);
  end.addEventListener("abort", () => {
    clearInterval(timer);
    resolve();
  });
  return promise;
}
