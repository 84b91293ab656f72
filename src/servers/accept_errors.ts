/** What the system says of a socket that cannot be waited for any more. */
const GONE = new Set(["EBADF", "ENOTSOCK", "EINVAL"]);

/** Whether an error says that a socket has been closed. */
export function isSocketClosed(error: unknown): boolean {
  return error instanceof Deno.errors.BadResource;
}

/**
 * Whether an error says that a socket is no more: nothing else that a wait for
 * a request can throw is the end of a server.
 */
export function isSocketGone(error: unknown): boolean {
  return isSocketClosed(error) ||
    (error instanceof Error && GONE.has((error as { code?: string }).code!));
}
