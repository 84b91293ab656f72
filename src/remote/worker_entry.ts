/**
 * The main module of a thread: it imports the handler and runs it.
 *
 * The first message holds {@linkcode ThreadSettings}; it is answered with
 * {@linkcode ThreadReport}s. After that all messages, both ways, are batches
 * of frames.
 *
 * @module
 */
import { type HandlerReference, importHandler } from "./handler_module.ts";
import { HandlerHost } from "./handler_host.ts";
import { holdForLife } from "./life_lock.ts";
import { type ErrorRecord, recordOf } from "./remote_error.ts";

/** What a thread is told when it starts. */
export interface ThreadSettings {
  /** The handler to run. */
  readonly handler: HandlerReference;
  /** Where the server listens. */
  readonly serverAddress: Deno.Addr;
  /** What the server's `data` option held. */
  readonly data: unknown;
  /** The lock that the thread holds for as long as it lives. */
  readonly lifeLock: string;
}

/**
 * What a thread says of itself: that it lives, before it runs any code of the
 * user's, and then that it is ready, or why it cannot be.
 */
export type ThreadReport =
  | { readonly state: "alive" | "ready" }
  | { readonly state: "failed"; readonly error: ErrorRecord };

/** What this module uses of `DedicatedWorkerGlobalScope`. */
interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
  addEventListener(
    type: "unhandledrejection",
    listener: (event: PromiseRejectionEvent) => void,
  ): void;
}

const scope = self as unknown as WorkerScope;

scope.onmessage = async ({ data: settings }: MessageEvent<ThreadSettings>) => {
  await holdForLife(settings.lifeLock);
  scope.postMessage({ state: "alive" } satisfies ThreadReport);
  try {
    const host = new HandlerHost(
      await importHandler(settings.handler),
      settings.serverAddress,
      settings.data,
      (batch) => scope.postMessage(batch, [batch.buffer]),
    );
    scope.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      host.reportFault(event.reason);
    });
    scope.onmessage = ({ data }) => host.push(data);
    scope.postMessage({ state: "ready" } satisfies ThreadReport);
  } catch (error) {
    const report: ThreadReport = { state: "failed", error: recordOf(error) };
    scope.postMessage(report);
  }
};
