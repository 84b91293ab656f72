import {
  HandlerNotFoundError,
  LineTooLongError,
  NoReplyAddressError,
  RemoteProtocolError,
  UnexpectedEof,
} from "../errors.ts";
import { ELSEWHERE, isFrom, noteOrigin } from "../streams/error_origin.ts";
import { jsonOf, jsonPayload, MAX_PAYLOAD } from "./frames.ts";

/** The parts of an error that can be sent to another isolate. */
interface ErrorRecord {
  /** The error's name, which also tells its class. */
  readonly name: string;
  /** The error's message. */
  readonly message: string;
  /** Where it was thrown. */
  readonly stack?: string;
  /** The code of a system's error. */
  readonly code?: string;
  /** Whether a read or a write of the request's own connection threw it. */
  readonly client?: boolean;
  /** What led to it. */
  readonly cause?: ErrorRecord;
  /** The errors of an `AggregateError`. */
  readonly errors?: readonly ErrorRecord[];
  /** The last error of a `SuppressedError`. */
  readonly error?: ErrorRecord;
  /** The one before. */
  readonly suppressed?: ErrorRecord;
}

/** Stands for the name of a thrown value that is not an error. */
const THROWN_VALUE = "ThrownValue";
/** How deep causes and parts may be nested. */
const DEEPEST = 8;
/** How many causes and parts there may be in all. */
const MOST_PARTS = 64;
const LONGEST_TEXT = 8192;

/**
 * Makes the payload of a frame that holds an error, from whatever was thrown.
 * Its texts are cut to what fits a frame.
 *
 * @param request What this side has of the request, if there is one.
 */
export function errorPayload(
  thrown: unknown,
  request?: unknown,
): Uint8Array<ArrayBuffer> {
  for (let longest = LONGEST_TEXT;; longest /= 2) {
    const room = { longest, parts: MOST_PARTS, request };
    const payload = jsonPayload(recordOf(thrown, room, DEEPEST));
    if (payload.length <= MAX_PAYLOAD) return payload;
  }
}

/**
 * Reads an error from the payload of a frame. It is of the same class, if both
 * sides have it, so that a server tells a disconnect from a bug wherever the
 * handler ran. It comes from the request's client if it did on the other side.
 *
 * @param request What this side has of the request, if there is one.
 */
export function errorIn(
  payload: Uint8Array<ArrayBuffer>,
  request?: Side,
): Error {
  return errorOf(jsonOf(payload)[0] as ErrorRecord, request, DEEPEST);
}

/** What a side has of a request, if there is one. */
type Side = object | undefined;

/** How much room is left for an error in its frame. */
interface Room {
  /** The longest text. */
  readonly longest: number;
  /** How many errors may follow. */
  parts: number;
  /** The request, if there is one. */
  readonly request: unknown;
}

function recordOf(thrown: unknown, room: Room, depth: number): ErrorRecord {
  const cut = (text: string) =>
    text.length <= room.longest ? text : `${text.slice(0, room.longest)}…`;
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
        errors: thrown.errors.slice(0, MOST_PARTS).flatMap((error) =>
          Object.values(part("part", error))
        ),
      }
      : {}),
  };
}

function errorOf(record: ErrorRecord, request: Side, depth: number): Error {
  if (typeof record?.name !== "string" || typeof record.message !== "string") {
    throw new RemoteProtocolError(
      "Cannot read an error as its frame must hold a name and a message",
    );
  }
  const { name, stack, code, client, cause } = record;
  const error = make(record, request, depth - 1);
  if (client !== true) noteOrigin(error, ELSEWHERE);
  else if (request !== undefined) noteOrigin(error, request);
  if (error.name !== name && name !== THROWN_VALUE) error.name = name;
  if (typeof stack === "string") error.stack = stack;
  if (cause !== undefined && depth > 0) {
    error.cause = errorOf(cause, request, depth - 1);
  }
  if (typeof code === "string") {
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
};

function make(record: ErrorRecord, request: Side, depth: number): Error {
  const { name, message, errors, error, suppressed } = record;
  const part = (of: ErrorRecord | undefined) =>
    of === undefined || depth < 0 ? undefined : errorOf(of, request, depth);
  if (name === THROWN_VALUE) return new Error(`A handler threw ${message}`);
  if (name === "UnexpectedEof") {
    return new UnexpectedEof(message, new Uint8Array(0));
  }
  if (name === "SuppressedError" || error !== undefined) {
    return new SuppressedError(part(error), part(suppressed), message);
  }
  if (name === "AggregateError" || Array.isArray(errors)) {
    const parts = Array.isArray(errors) && depth >= 0 ? errors : [];
    return new AggregateError(parts.map(part), message);
  }
  const ErrorClass = Object.hasOwn(CLASSES, name) ? CLASSES[name]! : Error;
  return new ErrorClass(message);
}
