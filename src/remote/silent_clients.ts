import { InputBuffer } from "../streams/input_buffer.ts";
import { socketsAsked } from "../streams/sockets_asked.ts";
import type { PendingRequest } from "./pending_request.ts";
import { isConnection } from "./portable_request.ts";

/**
 * Finds those of the requests that wait for a runner whose clients are silent:
 * nothing has come from them yet, not even the end of their input.
 *
 * It takes a read to know, which cannot be taken back. So what it brings, or
 * will bring, is left in the request's `input`, from which its runner goes on.
 * A client that is lost is not silent: whoever handles its request is told.
 *
 * @param pendings Each may be asked for once.
 */
export async function findSilent(
  pendings: Iterable<PendingRequest>,
): Promise<ReadonlySet<PendingRequest>> {
  const silent = new Set<PendingRequest>();
  for (const pending of pendings) {
    const { request } = pending;
    if (!isConnection(request)) continue; // a datagram has come
    const heard = () => {
      pending.hasSpoken = true;
      silent.delete(pending);
    };
    silent.add(pending);
    pending.input = new InputBuffer(request, -1);
    pending.input.fill(Infinity).then(heard, heard);
    pending.input.giveUp(); // so that the runner learns of a failure
  }
  if (silent.size > 0) await socketsAsked();
  return silent;
}
