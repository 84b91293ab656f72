import { isClosedByServer } from "./connection_close.ts";
import { describe, summaryOf } from "./describe_error.ts";
import { isOne, partsOf } from "./error_parts.ts";
import { formatAddress } from "./format_address.ts";
import { isOwnClients } from "./own_client.ts";

/** What a handler finds when its connection has been closed here. */
const CLOSED = [Deno.errors.Interrupted, Deno.errors.BadResource];
const RULE = "-".repeat(40);
/** The longest report, in characters. */
const LONGEST_REPORT = 65_536;

/**
 * Prints what went wrong with a request to standard error, as Python does; in
 * one line if it is the doing of the request's own client. Never throws: a
 * report that cannot be written is dropped.
 *
 * @returns A promise only if the connection must be asked whose doing it was.
 */
export function printRequestError(
  error: unknown,
  request: unknown,
  clientAddress: Deno.Addr | undefined,
): void | Promise<void> {
  const own = isOwnClients(error, request);
  if (typeof own === "boolean") {
    return print(error, own, request, clientAddress);
  }
  return own.then((own) => print(error, own, request, clientAddress));
}

function print(
  error: unknown,
  isOwn: boolean,
  request: unknown,
  clientAddress: Deno.Addr | undefined,
): void {
  const client = fromClient(clientAddress);
  try {
    const report = isOwn
      ? `Request${client} ended early: ${causeOf(error, request)}`
      : `${RULE}\nException occurred during processing of request${client}\n${
        cut(describe(error))
      }\n${RULE}`;
    // deno-lint-ignore no-console -- the one place where the library prints
    console.error(report);
  } catch {
    // The disk is full, or nobody reads: there is no other place to say so.
  }
}

/** Whether a read or a write found it first says nothing, nor that both did. */
function causeOf(error: unknown, request: unknown): string {
  const isDropped = isClosedByServer(request) &&
    partsOf(error).every((part) => isOne(part, CLOSED));
  return isDropped ? "the server closed the connection" : summaryOf(error);
}

function fromClient(address: Deno.Addr | undefined): string {
  if (address === undefined) return "";
  try {
    return ` from ${formatAddress(address)}`;
  } catch {
    return " from an unknown address"; // an overridden getRequest() made it
  }
}

function cut(text: string): string {
  return text.length <= LONGEST_REPORT
    ? text
    : `${text.slice(0, LONGEST_REPORT)}…`;
}
