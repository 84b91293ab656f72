import { formatIp, parseIp } from "./ip_address.ts";
import {
  type ProxiedAddresses,
  ProxyHeaderFault,
  type ProxyHeaderForm,
  textOf,
} from "./proxy_header.ts";

/** The longest header, in bytes. */
const LONGEST = 107;
/**
 * What a header begins with, and how long an address is at least. The shorter
 * comes first: a header of which less is known may be that one.
 */
const STARTS = [
  { text: "PROXY TCP6 ", address: 2 },
  { text: "PROXY TCP4 ", address: 7 },
] as const;
/** The start of a header whose rest says nothing. */
const UNKNOWN = "PROXY UNKNOWN";
/** What a header may look like until its end has come. */
const UNENDED = /^[ -~]*\r?$/;
const HEADER = /^PROXY TCP([46]) (\S+) (\S+) (\S+) (\S+)\r\n$/;
const PORT = /^(?:0|[1-9][0-9]{0,4})$/;

/**
 * Version 1 of the PROXY protocol: a line of text.
 *
 * Its length is not told, so that a reader which is not to read too far has to
 * know how long the rest must be at least.
 */
export const V1: ProxyHeaderForm = {
  missing(header) {
    const text = textOf(header);
    const missing = missingOf(text);
    if (text.length + missing <= LONGEST) return missing;
    const rule = `the PROXY header must have at most ${LONGEST} bytes`;
    throw new ProxyHeaderFault(rule, text);
  },

  parse(header) {
    const text = textOf(header);
    return text.startsWith(UNKNOWN) ? "unknown" : addressesOf(text);
  },
};

function missingOf(text: string): number {
  if (text.endsWith("\r\n")) return 0;
  if (!UNENDED.test(text)) throw wrongHeader(text);
  const isEnding = text.endsWith("\r");
  if (isOrBecomes(text, UNKNOWN)) {
    const next = text.charAt(UNKNOWN.length);
    if (next !== "" && next !== " " && next !== "\r") throw wrongHeader(text);
    return Math.max(UNKNOWN.length - text.length, 0) + (isEnding ? 1 : 2);
  }
  const start = STARTS.find((start) => isOrBecomes(text, start.text));
  if (start === undefined) throw wrongHeader(text);
  if (isEnding) return 1;
  // Each of these is preceded by the space that ends the one before it.
  const least = [start.address, start.address, 1, 1];
  const fields = text.slice(start.text.length).split(" ");
  if (fields.length > least.length) throw wrongHeader(text);
  const last = fields.length - 1;
  return Math.max(start.text.length - text.length, 0) +
    Math.max(least[last]! - fields[last]!.length, 0) +
    least.slice(fields.length).reduce((sum, length) => sum + 1 + length, 2);
}

function isOrBecomes(text: string, start: string): boolean {
  return text.startsWith(start) || start.startsWith(text);
}

function addressesOf(text: string): ProxiedAddresses {
  const [, version, ...fields] = HEADER.exec(text) ?? [];
  const [source, destination] = fields.slice(0, 2).map((field) => {
    const address = parseIp(field);
    const right = address?.length === (version === "4" ? 4 : 16);
    return right ? formatIp(address) : undefined;
  });
  const [from, to] = fields.slice(2).map((field) =>
    PORT.test(field) && Number(field) <= 65_535 ? Number(field) : undefined
  );
  if (
    source === undefined || destination === undefined ||
    from === undefined || to === undefined
  ) throw wrongHeader(text);
  return {
    source: { transport: "tcp", hostname: source, port: from },
    destination: { transport: "tcp", hostname: destination, port: to },
  };
}

function wrongHeader(text: string): ProxyHeaderFault {
  const rule = "the PROXY header must be as the protocol says";
  return new ProxyHeaderFault(rule, text);
}
