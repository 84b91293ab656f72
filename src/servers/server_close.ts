import {
  LAST_GRACE,
  succeedsWithin,
  withinTimeLimit,
} from "../streams/time_limit.ts";
import type { Executor } from "./executor.ts";
import type { RequestEnding } from "./request_ending.ts";
import type { RequestLifecycle } from "./request_lifecycle.ts";
import type { ServeLoop } from "./serve_loop.ts";

/** How long threads, processes and a socket may take to end, in seconds. */
const RELEASE_LIMIT = 3;

/** The parts of a server that are closed, and how. */
export interface ClosingServer {
  readonly blockOnClose: boolean;
  readonly drainTimeout: number | null;
  readonly loop: Pick<
    ServeLoop<unknown>,
    "stopTaking" | "lastTaken" | "close" | "end" | "abandon"
  >;
  readonly lifecycle:
    & Pick<RequestLifecycle<unknown>, "active" | "signals">
    & { readonly ending: Pick<RequestEnding<unknown>, "closeRemaining"> };
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
 * the listener is thrown when all the rest is closed. Where there is a
 * `drainTimeout`, nothing that a hook or a handler does is waited for longer
 * than that and a moment.
 */
export async function closeServer(server: ClosingServer): Promise<void> {
  const { blockOnClose, drainTimeout } = server;
  server.lifecycle.signals.stop();
  const taking = blockOnClose ? server.loop.stopTaking() : null;
  if (taking !== null) await taking;
  const replying = server.repliesByListener &&
    server.lifecycle.active.size > 0;
  const looped = server.loop.close();
  const freed = freeAddress(server, replying);
  const freedInTime = drainTimeout === null ? freed : withinTimeLimit(
    freed,
    drainTimeout + LAST_GRACE,
    "close the listener",
  );
  freedInTime.catch(() => {}); // it may fail before it is waited for, below
  const drained = drain(server, looped, freed);
  const release = async () => {
    try {
      await server.executor()?.close();
    } finally {
      if (replying) await server.closeListener();
    }
  };
  if (!blockOnClose) {
    drained.then(release).catch((error) => server.report(error));
  } else if (drainTimeout === null) {
    await drained;
    await release();
  } else {
    await endInTime(server, drained, drainTimeout);
    await withinTimeLimit(
      release(),
      RELEASE_LIMIT,
      "end what ran the requests",
    );
    // Handlers elsewhere may have been ended by that.
    await succeedsWithin(drained, LAST_GRACE);
  }
  await freedInTime;
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

/** Waits for the requests, those included that the closed listener still had. */
async function drain(
  server: ClosingServer,
  looped: Promise<void>,
  freed: Promise<void>,
): Promise<void> {
  await looped;
  await freed.catch(() => {});
  await server.loop.lastTaken();
  await server.lifecycle.active.drained();
  server.loop.end();
}

/** Waits for the requests, as long as it may, and closes what is left of them. */
async function endInTime(
  server: ClosingServer,
  drained: Promise<void>,
  drainTimeout: number,
): Promise<void> {
  if (await succeedsWithin(drained, drainTimeout)) return;
  server.loop.end();
  server.executor()?.stop();
  await server.lifecycle.ending.closeRemaining();
  server.loop.abandon();
  // Most handlers end now that they have nothing to read from or write to.
  await succeedsWithin(drained, LAST_GRACE);
}
