/** How many of the eight groups of an IPv6 address one client has: a /64. */
const NETWORK_GROUPS = 4;

/** An IPv4 address that is written as an IPv6 one, as in RFC 4291, 2.5.5.2. */
const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/**
 * Names the client that an address belongs to: the same for all that one client
 * can have at once.
 *
 * With IPv6 that is a network of 64 bits, as a client may take any address in
 * it (RFC 4291, 2.5.4). What is written after a `%` is the server's own business.
 *
 * @returns An empty string for a client without a name.
 */
export function clientKey(address: Deno.Addr): string {
  if ("path" in address) return address.path ?? "";
  if (!("hostname" in address)) return "";
  const { hostname } = address;
  if (!hostname.includes(":")) return hostname;
  return MAPPED.exec(hostname)?.[1] ?? network(hostname);
}

function network(hostname: string): string {
  const [before = "", after] = hostname.split("%", 1)[0]!.split("::");
  const first = groupsOf(before);
  const last = after === undefined ? [] : groupsOf(after);
  const missing = after === undefined ? 0 : 8 - first.length - last.length;
  const groups = [...first, ...Array<string>(missing).fill("0"), ...last];
  return groups.slice(0, NETWORK_GROUPS)
    .map((group) => parseInt(group, 16).toString(16)).join(":");
}

/** An IPv4 address at the end stands for two groups. */
function groupsOf(text: string): string[] {
  return text === ""
    ? []
    : text.split(":").flatMap((group) =>
      group.includes(".") ? ["0", "0"] : [group]
    );
}
