import {
  HandlerNotFoundError,
  LineTooLongError,
  NoReplyAddressError,
  RemoteProtocolError,
  ServerStoppingError,
  UnexpectedEof,
} from "../errors.ts";
import { ELSEWHERE, isFrom, noteOrigin } from "../streams/error_origin.ts";
import { type ErrorRecord, recordIn, THROWN_VALUE } from "./error_record.ts";
import {
  jsonPayload,
  MAX_ERROR_DEPTH,
  MAX_ERROR_PARTS,
  MAX_TEXT,
} from "./frames.ts";

/** No text of an error is longer, in characters. */
const LONGEST_TEXT = 8192;

/**
 * Makes the payload of a frame that holds an error, from whatever was thrown.
 * Its texts are cut to what fits there.
 *
 * @param request What this side has of the request, if there is one.
 */
export function errorPayload(
  thrown: unknown,
  request?: unknown,
): Uint8Array<ArrayBuffer> {
  const room = { parts: MAX_ERROR_PARTS, request };
  let record = recordOf(thrown, room, MAX_ERROR_DEPTH);
  for (let longest = LONGEST_TEXT;;) {
    const payload = jsonPayload(record);
    if (payload.length <= MAX_TEXT) return payload;
    longest /= 2;
    record = shortened(record, longest);
  }
}

/**
 * Reads an error from the payload of a frame. It is of the same class, if both
 * sides have it, so that a server tells a disconnect from a bug wherever the
 * handler ran. It comes from the request's client if it did on the other side.
 *
 * @param request What this side has of the request, if there is one.
 * @throws {RemoteProtocolError} If the payload breaks the rules.
 */
export function errorIn(
  payload: Uint8Array<ArrayBuffer>,
  request?: Side,
): Error {
  return errorOf(recordIn(payload), request);
}

/** What a side has of a request, if there is one. */
type Side = object | undefined;

/** How much room is left for an error in its frame. */
interface Room {
  /** How many errors may follow. */
  parts: number;
  /** The request, if there is one. */
  readonly request: unknown;
}

function recordOf(thrown: unknown, room: Room, depth: number): ErrorRecord {
  try {
    if (!(thrown instanceof Error)) {
      return { name: THROWN_VALUE, message: cut(Deno.inspect(thrown)) };
    }
    const { name, message, stack } = thrown;
    const { code } = thrown as { code?: unknown };
    return {
      name: cut(String(name)),
      message: cut(String(message)),
      ...(typeof stack === "string" ? { stack: cut(stack) } : {}),
      ...(typeof code === "string" ? { code: cut(code) } : {}),
      ...(isFrom(thrown, room.request) ? { client: true } : {}),
      ...partsOf(thrown, room, depth - 1),
    };
  } catch {
    // Even to look at it may throw, if it was made so.
    return { name: "Error", message: "An error that cannot be read" };
  }
}

/** The same with shorter texts; those of its parts are shorter still. */
function shortened<Part>(part: Part, longest: number): Part {
  if (typeof part === "string") return cut(part, longest) as Part;
  if (typeof part !== "object") return part;
  if (Array.isArray(part)) {
    return part.map((part) => shortened(part, longest)) as Part;
  }
  return Object.fromEntries(
    Object.entries(part as object).map(([key, value]) => [
      key,
      shortened(value, typeof value === "object" ? longest / 2 : longest),
    ]),
  ) as Part;
}

function cut(text: string, longest = LONGEST_TEXT): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

function partsOf(
  thrown: Error,
  room: Room,
  depth: number,
): Partial<ErrorRecord> {
  const part = (key: string, value: unknown) =>
    depth < 0 || room.parts-- <= 0
      ? {}
      : { [key]: recordOf(value, room, depth) };
  return {
    ...(thrown.cause === undefined ? {} : part("cause", thrown.cause)),
    ...(thrown instanceof SuppressedError
      ? {
        ...part("error", thrown.error),
        ...part("suppressed", thrown.suppressed),
      }
      : {}),
    // Not of anything that can be iterated, as that may never end.
    ...(thrown instanceof AggregateError && Array.isArray(thrown.errors)
      ? {
        errors: thrown.errors.slice(0, MAX_ERROR_PARTS).flatMap((error) =>
          Object.values(part("part", error))
        ),
      }
      : {}),
  };
}

function errorOf(record: ErrorRecord, request: Side): Error {
  const { name, stack, code, client, cause } = record;
  const error = make(record, request);
  if (client !== true) noteOrigin(error, ELSEWHERE);
  else if (request !== undefined) noteOrigin(error, request);
  if (error.name !== name && name !== THROWN_VALUE) error.name = name;
  if (stack !== undefined) error.stack = stack;
  if (cause !== undefined) error.cause = errorOf(cause, request);
  if (code !== undefined) {
    Object.defineProperty(error, "code", { value: code });
  }
  return error;
}

type ErrorClass = new (message: string) => Error;

const CLASSES: Record<string, ErrorClass | undefined> = {
  ...Deno.errors,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  HandlerNotFoundError,
  LineTooLongError,
  NoReplyAddressError,
  RemoteProtocolError,
  ServerStoppingError,
};

function make(record: ErrorRecord, request: Side): Error {
  const { name, message, errors, error, suppressed } = record;
  const part = (of: ErrorRecord | undefined) =>
    of === undefined ? undefined : errorOf(of, request);
  if (name === THROWN_VALUE) return new Error(`A handler threw ${message}`);
  if (name === "UnexpectedEof") {
    return new UnexpectedEof(message, new Uint8Array(0));
  }
  if (name === "SuppressedError" || error !== undefined) {
    return new SuppressedError(part(error), part(suppressed), message);
  }
  if (name === "AggregateError" || errors !== undefined) {
    return new AggregateError((errors ?? []).map(part), message);
  }
  const ErrorClass = Object.hasOwn(CLASSES, name) ? CLASSES[name]! : Error;
  return new ErrorClass(message);
}
