import { askIfLost } from "../streams/ask_if_lost.ts";
import { noteOrigin } from "../streams/error_origin.ts";
import type { StreamRequest } from "../types.ts";

/**
 * Checks that a client has not reset its connection while it waited: a runner
 * is too dear for it.
 *
 * A write of nothing tells, on TCP alone. A client that has closed looks like
 * one that waits for its answer and has no more to send. With TLS a write may
 * have to wait for the client's handshake, so that nothing is asked.
 *
 * @param onLost Called if it has, before anybody else can learn of it.
 * @throws {Deno.errors.ConnectionReset | Deno.errors.BrokenPipe} If it has.
 */
export async function checkNotLost(
  request: unknown,
  onLost?: () => void,
): Promise<void> {
  if (!isTcp(request)) return;
  try {
    await askIfLost(request);
  } catch (error) {
    const isLost = error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.BrokenPipe;
    if (!isLost) return; // the handler will see for itself
    noteOrigin(error, request);
    onLost?.();
    throw error;
  }
}

function isTcp(request: unknown): request is StreamRequest {
  const { write, setNoDelay } = request as Partial<StreamRequest>;
  return [write, setNoDelay].every((part) => typeof part === "function");
}
