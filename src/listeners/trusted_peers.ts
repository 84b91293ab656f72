import { type IpAddress, parseIp, unmapped } from "./ip_address.ts";

/** The name of whoever may connect to a Unix socket. */
const UNIX = "unix";
/** How long a network's prefix is, in bits. */
const BITS = /^(?:0|[1-9][0-9]{0,2})$/;
/** How many bits come before an IPv4 address that is written as an IPv6 one. */
const MAPPED_BITS = 96;

/** How many proxies are kept in mind. */
const MOST_KNOWN = 1024;

/** The addresses that begin with the same bits. */
interface Network {
  readonly address: IpAddress;
  readonly bits: number;
}

/**
 * Reads a network in CIDR notation (RFC 4632), or an address; gives `null` if it
 * is neither.
 */
function parseNetwork(text: string): Network | null {
  const [name, bits, ...rest] = text.split("/");
  const address = parseIp(name!);
  if (address === null || rest.length > 0) return null;
  const most = 8 * address.length;
  if (bits === undefined) return networkOf(address, most);
  const right = BITS.test(bits) && Number(bits) <= most;
  return right ? networkOf(address, Number(bits)) : null;
}

function networkOf(address: IpAddress, bits: number): Network {
  if (bits < MAPPED_BITS) return { address, bits };
  const ipv4 = unmapped(address);
  return { address: ipv4, bits: bits - 8 * (address.length - ipv4.length) };
}

/** Whether a text can be one of those that {@linkcode TrustedPeers} is made of. */
export function canBeTrusted(text: string): boolean {
  return text === UNIX || parseNetwork(text) !== null;
}

/**
 * The peers that a server believes.
 *
 * There is no use in `BlockList` of `node:net` here: addresses have to be read
 * anyway, and to load it takes 35 ms.
 */
export class TrustedPeers {
  readonly #unix: boolean;
  readonly #networks: Network[];
  /** Those that have been asked for, and are. */
  readonly #known = new Set<string>();

  /** Creates an instance with texts that can be trusted. */
  constructor(texts: readonly string[]) {
    this.#unix = texts.includes(UNIX);
    this.#networks = texts.map(parseNetwork).filter((found) => found !== null);
  }

  /** Whether any peer of a server of this kind can be one of them. */
  hasAnyOf(transport: Deno.Addr["transport"]): boolean {
    return transport === "unix" ? this.#unix : this.#networks.length > 0;
  }

  /** Whether a peer is one of them. */
  has(peer: Deno.Addr): boolean {
    if (!("hostname" in peer)) return this.#unix;
    const { hostname } = peer;
    if (this.#known.has(hostname)) return true;
    const parsed = parseIp(hostname.split("%", 1)[0]!);
    if (parsed === null) return false;
    const address = unmapped(parsed);
    const isTrusted = this.#networks.some((net) => isWithin(address, net));
    if (isTrusted) this.#note(hostname);
    return isTrusted;
  }

  /** A network may have more of them than are worth their memory. */
  #note(hostname: string): void {
    if (this.#known.size === MOST_KNOWN) this.#known.clear();
    this.#known.add(hostname);
  }
}

function isWithin(address: IpAddress, network: Network): boolean {
  if (address.length !== network.address.length) return false;
  const bytes = network.bits >> 3;
  for (let i = 0; i < bytes; i++) {
    if (address[i] !== network.address[i]) return false;
  }
  const mask = 0xff00 >> (network.bits & 7) & 0xff;
  return mask === 0 ||
    (address[bytes]! & mask) === (network.address[bytes]! & mask);
}
