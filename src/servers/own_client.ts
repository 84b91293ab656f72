import {
  LineTooLongError,
  NoReplyAddressError,
  ServerStoppingError,
} from "../errors.ts";
import { askIfLost } from "../streams/ask_if_lost.ts";
import { ELSEWHERE, isFrom, originOf } from "../streams/error_origin.ts";
import type { StreamRequest } from "../types.ts";
import { isClosedByServer } from "./connection_close.ts";
import { isOne, partsOf } from "./error_parts.ts";

/** A connection says no more than that it is lost, or makes no sense. */
const LOSSES = [
  Deno.errors.ConnectionReset,
  Deno.errors.ConnectionAborted,
  Deno.errors.BrokenPipe,
  Deno.errors.NotConnected,
  Deno.errors.Interrupted,
  Deno.errors.InvalidData,
  Deno.errors.UnexpectedEof,
];
/** What a client alone may have done wrong, if it was on its connection. */
const FAULTS = [
  ...LOSSES,
  Deno.errors.TimedOut,
  LineTooLongError,
  // Of replies to datagrams: it has gone, reads none, or cannot be replied to.
  NoReplyAddressError,
  Deno.errors.WouldBlock,
  Deno.errors.ConnectionRefused,
  Deno.errors.NotFound,
  Deno.errors.PermissionDenied,
  Deno.errors.NetworkUnreachable,
];

/** `null`: the connection must be asked. */
type Verdict = boolean | null;

/**
 * Whether an error says no more than that the request's own client has gone, or
 * has been too slow, or has talked nonsense: what every server meets all day,
 * and no fault of the program's.
 *
 * The error is known by the connection that it came from. A handler that uses
 * its connection without `rfile` and `wfile` leaves that open, and the class
 * alone does not tell: a database may have hung up. There the connection is
 * asked by a write of nothing, which rejects if the client is lost. (With TLS it
 * does not, if a read has found the loss: such an error is not taken for the
 * client's.)
 *
 * @param request The request; `undefined` if the error came instead of one.
 */
export function isOwnClients(
  error: unknown,
  request: unknown,
): boolean | Promise<boolean> {
  try {
    const all = partsOf(error);
    // Beside another error, that a handler ends as it was told says nothing.
    const others = all.filter((it) => !(it instanceof ServerStoppingError));
    const parts = others.length > 0 ? others : all;
    const verdicts = parts.map((part) => verdictOn(part, request));
    if (verdicts.includes(false)) return false;
    if (!verdicts.includes(null)) return true;
    const asked = parts.filter((_, i) => verdicts[i] === null);
    return isLost(request as StreamRequest, asked);
  } catch {
    return false; // even to look at an error may throw
  }
}

function verdictOn(error: unknown, request: unknown): Verdict {
  const origin = originOf(error);
  if (origin === ELSEWHERE) return false;
  if (error instanceof Deno.errors.BadResource && isClosedByServer(request)) {
    return origin === undefined || isFrom(error, request);
  }
  if (request === undefined) {
    return isOne(error, origin === undefined ? LOSSES : FAULTS);
  }
  if (isFrom(error, request)) return isOne(error, FAULTS);
  return isOne(error, LOSSES) && isConnection(request) ? null : false;
}

async function isLost(
  connection: StreamRequest,
  errors: unknown[],
): Promise<boolean> {
  try {
    await askIfLost(connection);
    return false;
  } catch (error) {
    // If it was closed here, so that a read of it was interrupted.
    return error instanceof Deno.errors.BadResource
      ? errors.every((error) => error instanceof Deno.errors.Interrupted)
      : isOne(error, LOSSES);
  }
}

function isConnection(request: unknown): boolean {
  const { read, write, closeWrite } = request as Partial<StreamRequest>;
  return [read, write, closeWrite].every((part) => typeof part === "function");
}
