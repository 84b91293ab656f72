import { RemoteProtocolError } from "../errors.ts";
import { inspected } from "../inspected.ts";
import { jsonOf, MAX_ERROR_DEPTH, MAX_ERROR_PARTS } from "./frames.ts";

/** The parts of an error that can be sent to another isolate. */
export interface ErrorRecord {
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
export const THROWN_VALUE = "ThrownValue";

/**
 * Reads the record of an error from the payload of a frame.
 *
 * @throws {RemoteProtocolError} If it is none, or too large, with its parts.
 */
export function recordIn(payload: Uint8Array<ArrayBuffer>): ErrorRecord {
  const [record, { length }] = jsonOf(payload);
  if (length > 0) {
    throw broken("no bytes may follow its text", length);
  }
  checkRecord(record, MAX_ERROR_DEPTH, { parts: MAX_ERROR_PARTS });
  return record as ErrorRecord;
}

function checkRecord(
  record: unknown,
  depth: number,
  room: { parts: number },
): void {
  if (typeof record !== "object" || record === null) {
    throw broken("it, and each of its parts, must be an object", record);
  }
  const fields = record as Readonly<Record<string, unknown>>;
  for (const key of ["name", "message"]) checkType(fields, key, "string");
  for (const key of ["stack", "code"]) checkType(fields, key, "string", true);
  checkType(fields, "client", "boolean", true);
  const { cause, error, suppressed, errors = [] } = fields;
  if (!Array.isArray(errors)) throw broken("its errors must be a list", errors);
  for (const part of [cause, error, suppressed, ...errors]) {
    if (part === undefined) continue;
    if (depth === 0) {
      const rule = `it must be nested at most ${MAX_ERROR_DEPTH} deep`;
      throw broken(rule, MAX_ERROR_DEPTH + 1);
    }
    if (room.parts-- === 0) {
      const rule = `it must have at most ${MAX_ERROR_PARTS} causes and parts`;
      throw broken(rule, MAX_ERROR_PARTS + 1);
    }
    checkRecord(part, depth - 1, room);
  }
}

function checkType(
  fields: Readonly<Record<string, unknown>>,
  key: string,
  type: "string" | "boolean",
  optional = false,
): void {
  const value = fields[key];
  if (typeof value === type || (optional && value === undefined)) return;
  throw broken(`its ${key} must be a ${type}`, value);
}

function broken(rule: string, value: unknown): RemoteProtocolError {
  return new RemoteProtocolError(
    `Cannot read an error as ${rule}: current value is ${inspected(value)}`,
  );
}
