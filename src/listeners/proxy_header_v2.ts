import { crc32c } from "./crc32c.ts";
import { formatIp } from "./ip_address.ts";
import {
  LONGEST_HEADER,
  type ProxiedAddresses,
  type ProxiedClient,
  ProxyHeaderFault,
  type ProxyHeaderForm,
  textOf,
} from "./proxy_header.ts";

/** What a header begins with, in bytes. */
const SIGNATURE = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10];
/** How long the part is that each header has, in bytes. */
const FIXED = 16;
/** Version and command. */
const LOCAL = 0x20;
const PROXY = 0x21;
/** Family and transport of the addresses, and how many bytes they take. */
const ADDRESS_SIZES = new Map([
  [0x00, 0], // unspecified
  [0x11, 12], // TCP over IPv4
  [0x12, 12], // UDP over IPv4
  [0x21, 36], // TCP over IPv6
  [0x22, 36], // UDP over IPv6
  [0x31, 216], // Unix streams
  [0x32, 216], // Unix datagrams
]);
/** How long a Unix address is, in bytes. */
const UNIX_SIZE = 108;
/** The type of the part that has a checksum. */
const CRC32C = 0x03;

const decoder = new TextDecoder();

/** Version 2 of the PROXY protocol: bytes, among them the length. */
export const V2: ProxyHeaderForm = {
  parse(bytes) {
    check(bytes);
    if (bytes.length < FIXED) return null;
    const end = FIXED + (bytes[14]! << 8 | bytes[15]!);
    if (end > LONGEST_HEADER) {
      const rule = `the PROXY header must have at most ${LONGEST_HEADER} bytes`;
      throw new ProxyHeaderFault(rule, end);
    }
    if (end > bytes.length) return null;
    return { client: clientOf(bytes, end), end };
  },
};

/** Checks as much of the fixed part as has come. */
function check(bytes: Uint8Array): void {
  const length = Math.min(bytes.length, SIGNATURE.length);
  let isRight = true;
  for (let i = 0; i < length; i++) isRight &&= bytes[i] === SIGNATURE[i];
  const { 12: command, 13: kind } = bytes;
  if (
    isRight &&
    (command === undefined || command === LOCAL || command === PROXY) &&
    (kind === undefined || (kind >> 4 <= 3 && (kind & 15) <= 2))
  ) return;
  const rule = "the PROXY header must be as the protocol says";
  throw new ProxyHeaderFault(rule, textOf(bytes.subarray(0, FIXED)));
}

function clientOf(bytes: Uint8Array, end: number): ProxiedClient {
  if (bytes[12] === LOCAL) return "proxy";
  const kind = bytes[13]!;
  const size = ADDRESS_SIZES.get(kind);
  if (size === undefined) return "unknown";
  if (end < FIXED + size) {
    const rule = "the PROXY header must have room for its addresses";
    throw new ProxyHeaderFault(rule, textOf(bytes.subarray(0, end)));
  }
  if (end > FIXED + size) checkParts(bytes.subarray(0, end), FIXED + size);
  switch (kind) {
    case 0x11:
      return inetAddresses(bytes, 4);
    case 0x21:
      return inetAddresses(bytes, 16);
    case 0x31:
      return unixAddresses(bytes);
    default:
      return "unknown";
  }
}

function inetAddresses(header: Uint8Array, size: number): ProxiedAddresses {
  const destination = FIXED + size;
  const ports = destination + size;
  return {
    source: inetAddress(header, FIXED, size, ports),
    destination: inetAddress(header, destination, size, ports + 2),
  };
}

function inetAddress(
  header: Uint8Array,
  at: number,
  size: number,
  port: number,
): Deno.NetAddr {
  return {
    transport: "tcp",
    hostname: formatIp(header.subarray(at, at + size)),
    port: header[port]! << 8 | header[port + 1]!,
  };
}

function unixAddresses(header: Uint8Array): ProxiedAddresses {
  const [source, destination] = [FIXED, FIXED + UNIX_SIZE].map((start) =>
    unixPath(header.subarray(start, start + UNIX_SIZE))
  );
  return {
    // Of a client without a name it is null, whatever its type says.
    source: { transport: "unix", path: (source || null) as string },
    destination: { transport: "unix", path: destination! },
  };
}

/** A name that begins with a zero byte is an abstract one; none is empty. */
function unixPath(bytes: Uint8Array): string {
  const end = bytes.indexOf(0, 1);
  const path = decoder.decode(end === -1 ? bytes : bytes.subarray(0, end));
  return path === "\0" ? "" : path;
}

/** Checks what follows the addresses: type, length, value, and so on. */
function checkParts(header: Uint8Array, start: number): void {
  for (let at = start; at < header.length;) {
    const [type, high = 255, low = 255] = header.subarray(at, at + 3);
    const end = at + 3 + (high << 8 | low);
    if (end > header.length || (type === CRC32C && end !== at + 7)) {
      const rule = "the parts of the PROXY header must fit into it";
      throw new ProxyHeaderFault(rule, textOf(header));
    }
    if (type === CRC32C) checkChecksum(header, at + 3);
    at = end;
  }
}

function checkChecksum(header: Uint8Array, at: number): void {
  const zeroed = header.slice();
  const view = new DataView(zeroed.buffer);
  const told = view.getUint32(at);
  view.setUint32(at, 0);
  const found = crc32c(zeroed);
  if (found === told) return;
  const rule = `the checksum of the PROXY header must be ${found}`;
  throw new ProxyHeaderFault(rule, told);
}
