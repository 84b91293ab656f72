import {
  HandlerNotFoundError,
  LineTooLongError,
  NoReplyAddressError,
  RemoteProtocolError,
  UnexpectedEof,
} from "../errors.ts";
import { jsonOf, jsonPayload, MAX_PAYLOAD } from "./frames.ts";

/** What of an error can go to another isolate. */
interface ErrorRecord {
  /** The error's name, which also tells its class. */
  readonly name: string;
  /** The error's message. */
  readonly message: string;
  /** Where it was thrown. */
  readonly stack?: string;
  /** The code of a system's error. */
  readonly code?: string;
  /** What led to it. */
  readonly cause?: ErrorRecord;
}

/** A value that was thrown though it is no error. */
const THROWN_VALUE = "ThrownValue";
const DEEPEST_CAUSE = 8;
const LONGEST_TEXT = 8192;

/**
 * Makes the payload of a frame that holds an error, of whatever was thrown.
 * Its texts are cut as far as a frame demands.
 */
export function errorPayload(thrown: unknown): Uint8Array {
  for (let longest = LONGEST_TEXT;; longest /= 2) {
    const payload = jsonPayload(recordOf(thrown, longest, DEEPEST_CAUSE));
    if (payload.length <= MAX_PAYLOAD) return payload;
  }
}

/**
 * Reads an error from the payload of a frame. It is of the same class, if both
 * sides have it, so that a server tells a disconnect from a bug wherever the
 * handler ran.
 */
export function errorIn(payload: Uint8Array<ArrayBuffer>): Error {
  return errorOf(jsonOf(payload)[0] as ErrorRecord);
}

function recordOf(
  thrown: unknown,
  longest: number,
  depth: number,
): ErrorRecord {
  const cut = (text: string) =>
    text.length <= longest ? text : `${text.slice(0, longest)}…`;
  try {
    if (!(thrown instanceof Error)) {
      return { name: THROWN_VALUE, message: cut(Deno.inspect(thrown)) };
    }
    const { name, message, stack, cause } = thrown;
    const { code } = thrown as { code?: unknown };
    return {
      name: cut(String(name)),
      message: cut(String(message)),
      ...(typeof stack === "string" ? { stack: cut(stack) } : {}),
      ...(typeof code === "string" ? { code: cut(code) } : {}),
      ...(cause !== undefined && depth > 0
        ? { cause: recordOf(cause, longest, depth - 1) }
        : {}),
    };
  } catch {
    // Even to look at it may throw, if it was made so.
    return { name: "Error", message: "An error that cannot be read" };
  }
}

function errorOf(record: ErrorRecord): Error {
  if (typeof record?.name !== "string" || typeof record.message !== "string") {
    throw new RemoteProtocolError(
      "Cannot read an error as its frame must hold a name and a message",
    );
  }
  const error = record.name === THROWN_VALUE
    ? new Error(`A handler threw ${record.message}`)
    : make(record.name, record.message);
  if (error.name !== record.name && record.name !== THROWN_VALUE) {
    error.name = record.name;
  }
  if (record.stack !== undefined) error.stack = record.stack;
  if (record.cause !== undefined) error.cause = errorOf(record.cause);
  if (record.code !== undefined) {
    Object.defineProperty(error, "code", { value: record.code });
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

function make(name: string, message: string): Error {
  if (name === "UnexpectedEof") {
    return new UnexpectedEof(message, new Uint8Array(0));
  }
  const ErrorClass = Object.hasOwn(CLASSES, name) ? CLASSES[name]! : Error;
  return new ErrorClass(message);
}
