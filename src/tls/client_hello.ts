import { concat } from "@std/bytes/concat";
import type { ByteSource } from "../types.ts";

/** More than any client says first: what is longer is not looked at. */
const MOST_BYTES = 16_384;
const FIRST_BUFFER = 2_048;
/** Numbers of TLS (RFC 8446, 4 and 5.1; RFC 6066, 3). */
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const RECORD_HEADER = 5;
const MESSAGE_HEADER = 4;

/** What a client of TLS says first, as far as it has been read. */
export interface ClientHello {
  /** All that has been read: for whoever does the handshake. */
  readonly bytes: Uint8Array;
  /** The name of the server that the client asks for, if it does. */
  readonly serverName: string | null;
}

/**
 * Reads what a client says first. What makes no sense is for whoever does the
 * handshake to refuse.
 */
export async function readClientHello(
  source: Pick<ByteSource, "read">,
): Promise<ClientHello> {
  let buffer = new Uint8Array(FIRST_BUFFER);
  let length = 0;
  for (let needed = RECORD_HEADER;;) {
    const count = await source.read(buffer.subarray(length));
    length += count ?? 0;
    const bytes = buffer.subarray(0, length);
    if (count === null) return { bytes, serverName: null };
    if (length < needed && length < buffer.length) continue;
    const found = length < needed ? needed : findServerName(bytes);
    if (typeof found !== "number") return { bytes, serverName: found };
    if (found > MOST_BYTES) return { bytes, serverName: null };
    needed = found;
    if (length < buffer.length) continue;
    buffer = concat([buffer, new Uint8Array(length)]);
  }
}

/**
 * Finds the name of the server in what a client says first.
 *
 * @returns The name, `null` if there is none, or how many bytes are needed at
 * least to know more.
 */
export function findServerName(bytes: Uint8Array): string | number | null {
  const parts: Uint8Array[] = [];
  let length = 0;
  let wanted = MESSAGE_HEADER;
  // A message may be in several records.
  for (let at = 0; length < wanted;) {
    const start = at + RECORD_HEADER;
    if (bytes.length < start) return start;
    const end = start + uint16(bytes, at + 3);
    if (bytes[at] !== HANDSHAKE || end === start) return null;
    if (bytes.length < end) return end;
    parts.push(bytes.subarray(start, end));
    length += end - start;
    at = end;
    if (wanted > MESSAGE_HEADER || length < MESSAGE_HEADER) continue;
    const header = concat(parts);
    if (header[0] !== CLIENT_HELLO) return null;
    wanted += header[1]! << 16 | uint16(header, 2);
  }
  return nameIn(concat(parts).subarray(MESSAGE_HEADER, wanted));
}

/** The name in the extensions; `null` too if something is cut off. */
function nameIn(hello: Uint8Array): string | null {
  let at = 2 + 32; // the version, and random bytes
  at += 1 + (hello[at] ?? 0); // the session's name
  at += 2 + uint16(hello, at); // the ciphers
  at += 1 + (hello[at] ?? 0); // the ways to compress
  at += 2; // the length of all that is left
  while (at < hello.length) {
    const type = uint16(hello, at);
    const end = at + 4 + uint16(hello, at + 2);
    if (type === SERVER_NAME) return hostName(hello.subarray(at + 4, end));
    at = end;
  }
  return null;
}

function hostName(list: Uint8Array): string | null {
  if (list[2] !== HOST_NAME) return null;
  return new TextDecoder().decode(list.subarray(5, 5 + uint16(list, 3)));
}

/** A number of two bytes; those that are missing count as 0. */
function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}
