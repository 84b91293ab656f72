import { tellLoss } from "./loss_listeners.ts";

/** The connections that errors came from; the errors may be forgotten first. */
const origins = new WeakMap<object, object>();

/** What connections go over that are made of others, as with STARTTLS. */
const carriers = new WeakMap<object, object>();

/** Stands for every connection that is not the request's own client. */
export const ELSEWHERE: object = Object.freeze({});

/**
 * Notes that an error was thrown by a read or a write of a connection.
 *
 * Its class does not tell: a handler's database may reset a connection as its
 * client may, and only the latter is no fault of the program's.
 *
 * @param error What was thrown. The first connection that is noted counts.
 * @param connection The handler's request, or another connection that is read
 * from or written to; of a datagram's request, its socket.
 */
export function noteOrigin(error: unknown, connection: object): void {
  if (!isObject(error) || origins.has(error)) return;
  origins.set(error, connection);
  tellLoss(error, connection);
  const carrier = carriers.get(connection);
  if (carrier !== undefined) tellLoss(error, carrier);
}

/** Notes that a connection goes over another: its errors are that one's, too. */
export function noteCarrier(connection: object, carrier: object): void {
  carriers.set(connection, carrier);
}

/** The connection that an error came from, if it is known. */
export function originOf(error: unknown): object | undefined {
  return isObject(error) ? origins.get(error) : undefined;
}

/** Whether it is known that an error came from a request's own client. */
export function isFrom(error: unknown, request: unknown): boolean {
  const origin = originOf(error);
  if (origin === undefined || request === undefined) return false;
  return origin === request || carriers.get(origin) === request ||
    // A datagram and the socket that replies go through.
    (Array.isArray(request) && request.includes(origin));
}

/** Not `instanceof`: what was thrown may be a proxy that throws when asked. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
