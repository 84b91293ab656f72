import { LAST_GRACE, withinTimeLimit } from "../streams/time_limit.ts";
import type { Executor } from "./executor.ts";
import type { RequestLifecycle } from "./request_lifecycle.ts";
import type { ServeLoop } from "./serve_loop.ts";

/** The parts of a server that are closed, and how. */
export interface ClosingServer {
  readonly blockOnClose: boolean;
  readonly drainTimeout: number | null;
  readonly loop: Pick<ServeLoop<unknown>, "close" | "abandon">;
  readonly lifecycle: Pick<
    RequestLifecycle<unknown>,
    "size" | "drained" | "closeRemaining"
  >;
  /** What runs handlers, if any have run. */
  executor(): Executor | null;
  /** Whether handlers reply through the listener. */
  readonly repliesByListener: boolean;
  /** Closes the listener; resolves when its address is free. Called once. */
  closeListener(): void | Promise<void>;
  /** Says whether the open listener is to keep the program alive. */
  keepAlive(program: boolean): void;
  /** Takes an error that no caller can be told of. */
  report(error: unknown): Promise<void>;
}

/**
 * Closes a server: first the loop and the listener, so that no request is taken
 * and no client can connect any more, then what is left of the requests, then
 * what ran them.
 *
 * A listener through which handlers reply is closed last. What goes wrong with
 * the listener is thrown when all the rest is closed.
 */
export async function closeServer(server: ClosingServer): Promise<void> {
  const replying = server.repliesByListener && server.lifecycle.size > 0;
  const drained = server.loop.close().then(() => server.lifecycle.drained());
  const freed = freeAddress(server, replying);
  freed.catch(() => {}); // it may fail before it is waited for, below
  const release = async () => {
    await server.executor()?.close();
    if (replying) await server.closeListener();
  };
  if (server.blockOnClose) {
    await drain(server, drained, release);
  } else {
    drained.then(release).catch((error) => server.report(error));
  }
  await freed;
}

/** Closes the listener, unless it is needed for replies. */
async function freeAddress(
  server: ClosingServer,
  replying: boolean,
): Promise<void> {
  try {
    server.keepAlive(true); // until its pending call has settled
  } finally {
    if (!replying) await server.closeListener();
  }
}

/** Waits for the requests, as long as it may, and releases what is left. */
async function drain(
  server: ClosingServer,
  drained: Promise<void>,
  release: () => Promise<void>,
): Promise<void> {
  const { drainTimeout } = server;
  if (drainTimeout === null) {
    await drained;
    return await release();
  }
  if (await isInTime(drained, drainTimeout)) return await release();
  server.executor()?.stop();
  await server.lifecycle.closeRemaining();
  server.loop.abandon();
  // Most handlers end now that they have nothing to read from or write to.
  const ended = await isInTime(drained, LAST_GRACE);
  await release();
  // The others may be ended by that, if they run elsewhere.
  if (!ended) await isInTime(drained, LAST_GRACE);
}

function isInTime(promise: Promise<void>, seconds: number): Promise<boolean> {
  return withinTimeLimit(promise, seconds, "close")
    .then(() => true, () => false);
}
