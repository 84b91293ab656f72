/**
 * The main module of a thread: it imports the handler and runs it.
 *
 * The first message holds {@linkcode ThreadSettings}. It is answered with
 * {@linkcode ALIVE}, before any code of the user's runs; so is the same message
 * at any time. All other messages, both ways, are batches of frames.
 *
 * @module
 */
import { type FarSettings, FarSide } from "../remote/far_side.ts";
import { ALIVE, holdForLife } from "./life_lock.ts";
import { postBatch } from "./post_batch.ts";

/** What a thread is told when it starts. */
export interface ThreadSettings extends FarSettings {
  /** The lock that the thread holds for as long as it lives. */
  readonly lifeLock: string;
}

/** What this module uses of `DedicatedWorkerGlobalScope`. */
interface WorkerScope {
  addEventListener(
    type: "message",
    listener: (event: MessageEvent) => void,
    options?: { once: boolean },
  ): void;
  postMessage(message: unknown, transfer?: Transferable[]): void;
}

const scope = self as unknown as WorkerScope;

scope.addEventListener("message", ({ data }) => run(data), { once: true });

async function run(settings: ThreadSettings): Promise<void> {
  await holdForLife(settings.lifeLock);
  scope.postMessage(ALIVE);
  const farSide = new FarSide(settings, (batch) => postBatch(scope, batch));
  // The handler's module may set `onmessage` for itself, and must not see the
  // frames.
  scope.addEventListener("message", (event) => {
    event.stopImmediatePropagation();
    if (event.data === ALIVE) scope.postMessage(ALIVE);
    else farSide.push(event.data);
  });
  await farSide.start();
}
