/** What the system says of a socket that cannot be waited for any more. */
const GONE = new Set<unknown>(["EBADF", "ENOTSOCK", "EINVAL"]);

/**
 * Whether an error of a call of a socket says that somebody has closed it, before
 * the call or meanwhile.
 */
export function isSocketClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource ||
    error instanceof Deno.errors.Interrupted;
}

/**
 * Whether an error of a call of a socket says that the socket is no more: nothing
 * else that a wait for a request can throw is the end of a server.
 */
export function isSocketGone(error: unknown): boolean {
  return isSocketClosed(error) ||
    (error instanceof Error && GONE.has((error as { code?: unknown }).code));
}
