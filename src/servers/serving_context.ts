import type { AsyncLocalStorage } from "node:async_hooks";
import {
  catchForgottenRejections,
  type RejectionReporter,
} from "./forgotten_rejections.ts";

/** A server, as the code that it calls is known to be its own. */
export interface Serving extends RejectionReporter {
  /** The server. */
  readonly server: object;
}

let storage: AsyncLocalStorage<readonly Serving[]> | undefined;

/**
 * Runs `body` so that everything it calls, and awaits, can tell which server it
 * was called by.
 *
 * That is how `shutdown()` knows that it must not wait for the handler that
 * called it, and whose a promise is that a handler forgot. The module is loaded
 * when a server first serves: a program that only imports the library, as every
 * child process does, starts without it.
 */
export async function runAs<T>(
  serving: Serving,
  body: () => Promise<T>,
): Promise<T> {
  const { AsyncLocalStorage } = await import("node:async_hooks");
  if (storage === undefined) {
    storage = new AsyncLocalStorage();
    catchForgottenRejections(() => storage?.getStore()?.at(-1));
  }
  return await callAs(serving, body);
}

/** The same for a server that has served before: at once. */
export function callAs<T>(serving: Serving, body: () => T): T {
  const outer = storage?.getStore() ?? [];
  return storage === undefined
    ? body()
    : storage.run([...outer, serving], body);
}

/** Whether the code that runs was called by `server`: a hook, or a handler. */
export function isCalledBy(server: object): boolean {
  return storage?.getStore()?.some((it) => it.server === server) ?? false;
}
