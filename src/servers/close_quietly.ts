/** Closes a resource that may have been closed before. */
export function closeQuietly(resource: { close(): void }): void {
  try {
    resource.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/**
 * Lets whoever has a connection close it again: a handler need not know whether
 * the server has closed it. One function serves all.
 */
export function allowClosingAgain(connection: { close(): void }): void {
  if (!Object.hasOwn(connection, "close")) connection.close = closeAgain;
}

function closeAgain(this: object): void {
  const { close } = Object.getPrototypeOf(this) as { close(): void };
  closeQuietly({ close: close.bind(this) });
}
