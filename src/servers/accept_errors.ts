/** What the system says of a socket that cannot be waited for any more. */
const GONE = new Set<unknown>(["EBADF", "ENOTSOCK", "EINVAL"]);

/**
 * Whether an error of a call of a socket says that somebody has closed it, before
 * the call or meanwhile. Never throws, whatever the error is.
 */
export function isSocketClosed(error: unknown): boolean {
  try {
    return error instanceof Deno.errors.BadResource ||
      error instanceof Deno.errors.Interrupted;
  } catch {
    return false; // nothing can be asked of it
  }
}

/**
 * Whether an error of a call of a socket says that the socket is no more: nothing
 * else that a wait for a request can throw is the end of a server. Never throws.
 */
export function isSocketGone(error: unknown): boolean {
  try {
    return isSocketClosed(error) ||
      (error instanceof Error && GONE.has((error as { code?: unknown }).code));
  } catch {
    return false;
  }
}
