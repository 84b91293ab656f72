import type { ByteSource } from "../types.ts";
import {
  type ProxiedClient,
  ProxyHeaderFault,
  textOf,
} from "./proxy_header.ts";
import { V1 } from "./proxy_header_v1.ts";
import { V2 } from "./proxy_header_v2.ts";

/** What has been read of a connection. */
export interface ProxyHeader {
  /** Whose the connection is. */
  readonly client: ProxiedClient;
  /** What came after the header, which is the request's: a part of the buffer. */
  readonly rest: Uint8Array;
}

/** The first byte of version 1: a `P`. */
const V1_START = 0x50;

/**
 * Reads a PROXY header of version 1 or 2, and maybe more. The length of one of
 * version 1 is not told: not to read too far would take six reads, of 3 µs each,
 * where one finds all that has come.
 *
 * @param buffer Where to: room for the longest header.
 * @returns `null` if nothing has come before the end.
 * @throws {ProxyHeaderFault} If it breaks the rules.
 */
export async function readProxyHeader(
  source: ByteSource,
  buffer: Uint8Array,
): Promise<ProxyHeader | null> {
  for (let length = 0;;) {
    const count = await source.read(buffer.subarray(length))
      .catch(() => null); // it is lost
    if (!count && length === 0) return null;
    if (!count) {
      const rule = "the PROXY header must be complete";
      throw new ProxyHeaderFault(rule, textOf(buffer.subarray(0, length)));
    }
    length += count;
    const bytes = buffer.subarray(0, length);
    const header = (bytes[0] === V1_START ? V1 : V2).parse(bytes);
    if (header === null) continue;
    return { client: header.client, rest: bytes.subarray(header.end) };
  }
}
