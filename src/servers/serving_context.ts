import type { AsyncLocalStorage } from "node:async_hooks";

let storage: AsyncLocalStorage<readonly object[]> | undefined;

/**
 * Runs `body` so that everything it calls, and awaits, can tell that it was
 * called by `server`.
 *
 * That is how `shutdown()` knows that it must not wait for the handler that
 * called it. The module is loaded when a server first serves: a program that
 * only imports the library, as every child process does, starts without it.
 */
export async function runAs<T>(
  server: object,
  body: () => Promise<T>,
): Promise<T> {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  storage ??= new AsyncLocalStorage();
  return await storage.run([...storage.getStore() ?? [], server], body);
}

/** Whether the code that runs was called by `server`: a hook, or a handler. */
export function isCalledBy(server: object): boolean {
  return storage?.getStore()?.includes(server) ?? false;
}
