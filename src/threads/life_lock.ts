/** What this module uses of the Web Locks API, which Deno has no types for. */
interface LockManager {
  request(
    name: string,
    options: { signal?: AbortSignal },
    whileHeld: () => Promise<void>,
  ): Promise<void>;
}

const { locks } = navigator as unknown as { locks: LockManager };

/** What an isolate says that lives, and by what it is asked if it does. */
export const ALIVE = "alive";

/**
 * Takes a lock and never gives it back: the system does when the isolate ends.
 *
 * Nothing else tells of `Deno.exit()` or `self.close()` in a Worker: no event,
 * and no closed port.
 *
 * @returns A promise that resolves when the lock is held; rejects if it cannot
 * be.
 */
export function holdForLife(name: string): Promise<void> {
  return new Promise((held, failed) => {
    locks.request(name, {}, () => {
      held();
      return new Promise(() => {});
    }).catch(failed);
  });
}

/**
 * Waits for the end of the isolate that holds a lock.
 *
 * @returns A promise that resolves at the end, or when the signal is aborted.
 */
export async function endOfLife(
  name: string,
  signal: AbortSignal,
): Promise<void> {
  try {
    await locks.request(name, { signal }, () => Promise.resolve());
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
