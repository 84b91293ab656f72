import { RemoteProtocolError } from "../errors.ts";
import { inspected } from "../inspected.ts";
import type { TlsRecord } from "./tls_record.ts";

/**
 * How a request is handled in another isolate: the protocol.
 *
 * The *near side* is the server, which has the client's connection. The *far
 * side* is a Worker or a child process, which runs the handler. They exchange
 * frames over a carrier that keeps their order; a carrier may cut or join them
 * as it likes.
 *
 * ```text
 * frame   = length type id payload
 * length  = 4 bytes, big-endian: of the payload, at most MAX_PAYLOAD
 * type    = 1 byte: see {@linkcode FrameType}
 * id      = 4 bytes, big-endian: of the request; 0 for none
 * ```
 *
 * The far side begins with `ready`, with or without the reason why it is not,
 * and does not repeat it. A request begins with `open` and ends with `done` or
 * `failed`; frames of a request that has ended are ignored, as they may have
 * been on their way.
 *
 * ```text
 * near                                       far
 *  | open  {json}[datagram] ----------------> |  the handler starts
 *  | data  bytes  <-------------------------> |  what the client sent, or gets
 *  | end          <-------------------------> |  no more data this way
 *  | credit count <-------------------------> |  so many bytes more may come
 *  | abort {error} -------------------------> |  the client has gone
 *  | stop  {error} -------------------------> |  the handler is to end; id 0: all
 *  | giveUp {error} ------------------------> |  nobody waits for it any more
 *  | <--------------------------------- close |  the handler hung up
 *  | <-------------------------- noDelay 0, 1 |  Nagle's algorithm is on, off
 *  | <------------------------ keepAlive 0, 1 |  a silent client is asked, or not
 *  | <------------------------- limit seconds |  for each write to the client
 *  | <---------------- reply {json}[datagram] |  one datagram to send
 *  | sent  {json}[{error}] -----------------> |  what came of it
 *  | <---------------------------------- done |  the handler returned
 *  | <------------------------ failed {error} |  the handler threw
 *  | <------------------------- fault {error} |  a rejection nobody handled
 *  | <------------------------------ shutdown |  of the server; id 0
 *  | <----------------------- ready [{error}] |  the handler is imported; id 0
 * ```
 *
 * `{json}[bytes]` stands for the length of the JSON text in 4 bytes, the text,
 * and bytes up to the end of the payload. `{error}` is such a payload without
 * bytes. Numbers are big-endian: `noDelay` and `keepAlive` have 1 byte, `credit`
 * 4, and `limit` the 8 of a float, which is finite and not negative. The other
 * frames have no payload. The texts hold:
 *
 * | frame | text |
 * | --- | --- |
 * | `open` | `kind`: `"stream"` or `"datagram"`; `localAddr` and `clientAddress`: as `Deno.Addr`; `remoteAddr`: if it is not the client's; `noDelay` and `keepAlive`: `true` if that frame may come; `tls`: what TLS has agreed on with the client, its certificate as a list of bytes |
 * | `reply` | `reply`: a number of 32 bits that no other reply under way has; `address`: where to, with a `transport`, and a `hostname` and a `port`, or a `path` that may be `null` |
 * | `sent` | `reply`: its ID; `count`: the bytes sent, or else an error follows |
 * | error | `name`, which tells the class, and `message`; where there are any, `stack` and `code`, `cause`, `error` and `suppressed`: an error each, `errors`: a list of them; `client`: `true` if a read from the request's client, or a write to it, has thrown the error |
 *
 * **Data.** A frame of it holds {@linkcode MAX_DATA} bytes at most. Each side
 * may send {@linkcode WINDOW} bytes a request, and then as many as it has been
 * granted by `credit`, when the client, or the handler, has taken them: a
 * handler that does not read stops the client, and a client that does not read
 * stops the handler. Credit comes in pieces of {@linkcode GRANT_SIZE} or more,
 * and never for what has not been sent. No data follows `end` or `close`; a
 * second one of these is ignored. A frame without bytes, from the far side,
 * asks for a write of nothing, which tells whether the client is still there;
 * while one waits, others are ignored.
 *
 * **Time.** What has been written goes out after the handler's end too: after
 * `done` without a limit, unless a `limit` frame has set one for each write;
 * after `failed`, or the end of the far side, for a second at most.
 *
 * **Faults.** A `fault` has the id of the request that is being handled, if it
 * is the only one, or else 0. It ends nothing.
 *
 * **The end.** `stop` aborts the signal of the handler with its error, and does
 * nothing else: it may still read, and write its last words. With the ID 0 it is
 * for all requests that are open. `abort` does so too, and makes reads and
 * writes reject. Of several errors the signal has the first. Neither ends the
 * request: the far side still owes `done` or `failed`. A `done` is taken for a
 * failure if the client could not be sent all that was written.
 *
 * A request that takes too long is given up: the near side sends `giveUp`, waits
 * for it no more, and ignores its frames; its ID is not used again before its
 * `done` or `failed`. The far side aborts the signal, makes reads and writes
 * reject, lets the request go, and sends `done` at once: what its handler still
 * does is nobody's concern, and it may never end. A child process is then ended,
 * a thread goes on.
 *
 * **Datagrams.** {@linkcode MAX_REPLIES} replies of a request may be under way,
 * that is without their `sent`. Every reply has its `sent`.
 *
 * **What the far side may cause.** It runs code that is not the server's, and
 * may send what it likes. So every field is checked where it comes in, and:
 *
 * - A JSON text has {@linkcode MAX_TEXT} bytes at most, which is known before it
 *   is parsed; a host name or a path {@linkcode MAX_NAME} characters.
 * - An error has {@linkcode MAX_ERROR_PARTS} causes and parts at most, nested
 *   {@linkcode MAX_ERROR_DEPTH} deep.
 * - {@linkcode MAX_FAULTS} faults of a far side, and {@linkcode MAX_REPORTS} of
 *   all those of a server, may be under way to `handleError()`. Of what is over
 *   the latter, only the number is reported.
 * - A `shutdown` is ignored while another one is under way.
 * - {@linkcode TURN_FRAMES} frames, and {@linkcode TURN_BYTES} bytes of payload,
 *   are taken in a turn of the event loop. What follows waits, in order: for the
 *   next turn, or for a millisecond if that much has come within 2. A child's
 *   pipe is not read meanwhile. Frames that make more work count as several:
 *   `reply` as 2, `failed` as 8, `noDelay` and `keepAlive` as 16, `fault` as 512,
 *   `shutdown` as all; so does a frame that cannot be read, as 8. What the carrier
 *   brings at a time counts as one more. What a child prints has a budget of the
 *   same size.
 * - {@linkcode MAX_WAITING} bytes for each request, and as many again, may wait
 *   for their turn. A Worker's messages cannot be held back.
 *
 * **Who breaks the rules.** A frame of a request that breaks them ends that
 * request with a {@linkcode RemoteProtocolError}, on both sides, and nothing
 * else. One with the ID 0, or with an ID that no request has had, ends the far
 * side, and all of its requests. So does more than may wait, or be reported.
 */
export const FrameType = {
  open: 1,
  data: 2,
  end: 3,
  credit: 4,
  abort: 5,
  close: 6,
  noDelay: 7,
  reply: 8,
  sent: 9,
  done: 10,
  failed: 11,
  fault: 12,
  shutdown: 13,
  ready: 14,
  limit: 15,
  stop: 16,
  keepAlive: 17,
  giveUp: 18,
} as const;

/** The type of a frame, as it is sent. */
export type FrameType = typeof FrameType[keyof typeof FrameType];

/** How many bytes of data may be on their way unread, each way, a request. */
export const WINDOW = 262_144;

/** Bytes are granted again in pieces of this size, to save frames. */
export const GRANT_SIZE: number = WINDOW / 4;

/** The largest piece of data in one frame, in bytes. */
export const MAX_DATA = 65_536;

/** How many replies to a datagram may be under way. */
export const MAX_REPLIES = 64;

/** The largest payload, in bytes: a datagram, and what is said of it. */
export const MAX_PAYLOAD = 262_144;

/** The longest JSON text in a frame, in bytes. */
export const MAX_TEXT = 16_384;

/** The longest host name, or path, of a reply's address, in characters. */
export const MAX_NAME = 1024;

/** How deep causes and parts of an error may be nested. */
export const MAX_ERROR_DEPTH = 8;

/** How many causes and parts an error may have in all. */
export const MAX_ERROR_PARTS = 64;

/** How many faults of a far side may be under way to `handleError()`. */
export const MAX_FAULTS = 100;

/** How many faults may be, of all far sides of a server. */
export const MAX_REPORTS = 1000;

/** How many frames of a far side are taken in a turn of the event loop. */
export const TURN_FRAMES = 1024;

/** How many bytes of payload are taken in a turn of the event loop. */
export const TURN_BYTES = 4_194_304;

/** How many bytes may wait for their turn, for each request, and one more. */
export const MAX_WAITING: number = 16 * WINDOW;

/** The bytes of a frame before its payload. */
export const HEADER_SIZE = 9;

/** What an `open` frame says of its request. */
export interface Opening {
  readonly kind: "stream" | "datagram";
  readonly localAddr: Deno.Addr;
  readonly clientAddress: Deno.Addr;
  /** Left out if it is the client's address, as it mostly is. */
  readonly remoteAddr?: Deno.Addr;
  /** Whether the connection has Nagle's algorithm. */
  readonly noDelay?: boolean;
  /** Whether the system can ask if a silent client is still there. */
  readonly keepAlive?: boolean;
  /** What TLS has agreed on with the client, if it is spoken. */
  readonly tls?: TlsRecord;
}

/** What a `reply` frame says of its datagram. */
export interface Reply {
  readonly reply: number;
  readonly address: Deno.Addr;
}

/** What a `sent` frame says of a reply. */
export interface Sent {
  readonly reply: number;
  /** Left out if the reply could not be sent. */
  readonly count?: number;
}

const NOTHING = new Uint8Array(0);
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Makes the payload of a `credit` frame. */
export function creditPayload(count: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(4);
  viewOf(payload).setUint32(0, count);
  return payload;
}

/** Makes the payload of a `limit` frame. */
export function limitPayload(seconds: number): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(8);
  viewOf(payload).setFloat64(0, seconds);
  return payload;
}

/** Makes a payload of JSON text and bytes. */
export function jsonPayload(
  value: unknown,
  bytes: Uint8Array = NOTHING,
): Uint8Array<ArrayBuffer> {
  const text = encoder.encode(JSON.stringify(value));
  const payload = new Uint8Array(4 + text.length + bytes.length);
  viewOf(payload).setUint32(0, text.length);
  payload.set(text, 4);
  payload.set(bytes, 4 + text.length);
  return payload;
}

/**
 * Reads a payload of JSON text and bytes. The text holds an object; what is in
 * it is for the caller to find out.
 */
export function jsonOf(
  payload: Uint8Array<ArrayBuffer>,
): [value: object, bytes: Uint8Array<ArrayBuffer>] {
  const length = payload.length < 4 ? Infinity : viewOf(payload).getUint32(0);
  if (4 + length > payload.length) {
    throw new RemoteProtocolError(
      `Cannot read a frame as its text must end within it: current value is ${length} of ${payload.length} bytes`,
    );
  }
  if (length > MAX_TEXT) {
    throw new RemoteProtocolError(
      `Cannot read a frame as its text must have at most ${MAX_TEXT} bytes: current value is ${length}`,
    );
  }
  const value = parsed(decoder.decode(payload.subarray(4, 4 + length)));
  if (typeof value === "object" && value !== null) {
    return [value, payload.subarray(4 + length)];
  }
  throw new RemoteProtocolError(
    `Cannot read a frame as its text must hold an object: current value is ${
      inspected(value)
    }`,
  );
}

/** Makes the error of a frame that a request of this kind cannot have. */
export function unexpectedFrame(
  type: FrameType,
  kind: "connection" | "datagram",
): RemoteProtocolError {
  return new RemoteProtocolError(
    `Cannot take a frame of type ${type} for a ${kind}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new RemoteProtocolError(
      "Cannot read a frame as its text must be JSON",
      { cause },
    );
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
