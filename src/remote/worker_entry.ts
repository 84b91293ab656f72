/**
 * The main module of a thread: it imports the handler and runs it.
 *
 * The first message holds {@linkcode ThreadSettings}. It is answered with
 * `"alive"`, before any code of the user's runs. After that all messages, both
 * ways, are batches of frames.
 *
 * @module
 */
import { HandlerHost, type HostSettings } from "./handler_host.ts";
import { holdForLife } from "./life_lock.ts";

/** What a thread is told when it starts. */
export interface ThreadSettings extends HostSettings {
  /** The lock that the thread holds for as long as it lives. */
  readonly lifeLock: string;
}

/** What this module uses of `DedicatedWorkerGlobalScope`. */
interface WorkerScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;

scope.onmessage = async ({ data: settings }: MessageEvent<ThreadSettings>) => {
  await holdForLife(settings.lifeLock);
  scope.postMessage("alive");
  const host = new HandlerHost(
    settings,
    (batch) => scope.postMessage(batch, [batch.buffer]),
  );
  scope.onmessage = ({ data }) => host.push(data);
  await host.start();
};
