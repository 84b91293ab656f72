/** The bytes of an IP address: 4, or 16. */
export type IpAddress = ArrayLike<number>;

const BYTE = "(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5])";
const IPV4 = new RegExp(`^${BYTE}\\.${BYTE}\\.${BYTE}\\.${BYTE}$`);
const GROUP = /^[0-9a-f]{1,4}$/i;
/** What comes before an IPv4 address in IPv6, as in RFC 4291, 2.5.5.2. */
const MAPPED = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255];
/** A run of groups that are zero. */
const ZEROS = /(?:^|:)0(?::0)+(?:$|:)/g;

/** Reads an address as text; gives `null` if it is none. */
export function parseIp(text: string): IpAddress | null {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

/** Gives an IPv4 address, which has one way to be written; `null` if it is none. */
export function normalIpv4(text: string): string | null {
  return IPV4.test(text) ? text : null;
}

/** Writes an IPv6 address as Deno does; gives `null` if it is none. */
export function normalIpv6(text: string): string | null {
  const address = parseIpv6(text);
  return address === null ? null : formatIp(address);
}

function parseIpv4(text: string): number[] | null {
  const [, ...bytes] = IPV4.exec(text) ?? [];
  return bytes.length === 4 ? bytes.map(Number) : null;
}

function parseIpv6(text: string): IpAddress | null {
  const halves = text.split("::").map(groupsOf);
  const [first, last] = halves;
  if (first === null || last === null || halves.length > 2) return null;
  const missing = 8 - first!.length - (last?.length ?? 0);
  if (last === undefined ? missing !== 0 : missing < 1) return null;
  const address = new Uint8Array(16);
  const view = new DataView(address.buffer);
  first!.forEach((group, i) => view.setUint16(2 * i, group));
  const start = first!.length + missing;
  last?.forEach((group, i) => view.setUint16(2 * (start + i), group));
  return address;
}

/** An IPv4 address stands for two groups, at the end. */
function groupsOf(half: string, i: number, halves: string[]): number[] | null {
  if (half === "") return [];
  const groups: number[] = [];
  const parts = half.split(":");
  for (const [j, part] of parts.entries()) {
    const isLast = i === halves.length - 1 && j === parts.length - 1;
    const ipv4 = isLast ? parseIpv4(part) : null;
    if (ipv4 !== null) {
      groups.push(ipv4[0]! << 8 | ipv4[1]!, ipv4[2]! << 8 | ipv4[3]!);
    } else if (GROUP.test(part)) groups.push(parseInt(part, 16));
    else return null;
  }
  return groups;
}

/** Writes an address as Deno does, which is the way of RFC 5952. */
export function formatIp(address: IpAddress): string {
  const ipv4 = unmapped(address);
  if (ipv4.length === 4) {
    const text = `${ipv4[0]}.${ipv4[1]}.${ipv4[2]}.${ipv4[3]}`;
    return ipv4 === address ? text : `::ffff:${text}`;
  }
  const text = Array.from(
    { length: 8 },
    (_, i) => (address[2 * i]! << 8 | address[2 * i + 1]!).toString(16),
  ).join(":");
  const [longest] = text.match(ZEROS)?.sort((a, b) => b.length - a.length) ??
    [];
  return longest === undefined ? text : text.replace(longest, "::");
}

/** Of an IPv4 address that is written as an IPv6 one, gives the IPv4 address. */
export function unmapped(address: IpAddress): IpAddress {
  const isMapped = address.length === 16 &&
    MAPPED.every((byte, i) => byte === address[i]);
  return isMapped ? Array.from(address).slice(12) : address;
}
