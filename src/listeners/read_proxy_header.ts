import type { ByteSource } from "../types.ts";
import {
  LONGEST_HEADER,
  type ProxiedClient,
  ProxyHeaderFault,
  textOf,
} from "./proxy_header.ts";
import { V1 } from "./proxy_header_v1.ts";
import { V2 } from "./proxy_header_v2.ts";

/** How long the shortest header of all is, in bytes: `PROXY UNKNOWN\r\n`. */
const SHORTEST = 15;
/** The first byte of version 1: a `P`. */
const V1_START = 0x50;

/**
 * Reads a PROXY header of version 1 or 2, and not a byte more: what follows is
 * the request's, however that is read. So no more is ever asked for than must
 * still come; of version 2 that takes two reads mostly, of version 1 six.
 *
 * @returns Whose the connection is; `null` if nothing has come before the end.
 * @throws {ProxyHeaderFault} If it breaks the rules.
 */
export async function readProxyHeader(
  source: ByteSource,
): Promise<ProxiedClient | null> {
  const buffer = new Uint8Array(LONGEST_HEADER);
  let header = buffer.subarray(0, 0);
  let form = V1;
  for (let missing = SHORTEST; missing > 0;) {
    const { length } = header;
    const rest = buffer.subarray(length, length + missing);
    const count = await source.read(rest).catch(() => null); // it is lost
    if (!count && length === 0) return null;
    if (!count) {
      const rule = "the PROXY header must be complete";
      throw new ProxyHeaderFault(rule, textOf(header));
    }
    if (length === 0) form = buffer[0] === V1_START ? V1 : V2;
    header = buffer.subarray(0, length + count);
    missing = form.missing(header);
  }
  return form.parse(header);
}
