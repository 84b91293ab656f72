import { formatIp, parseIp } from "./ip_address.ts";
import {
  type ProxiedAddresses,
  ProxyHeaderFault,
  type ProxyHeaderForm,
  textOf,
} from "./proxy_header.ts";

/** The longest header, in bytes. */
const LONGEST = 107;
const STARTS = ["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"];
/** What a header whose rest says nothing looks like. */
const UNKNOWN = /^PROXY UNKNOWN(?: [^]*)?\r\n$/;
const HEADER = /^PROXY TCP([46]) (\S+) (\S+) (\S+) (\S+)\r\n$/;
const PORT = /^(?:0|[1-9][0-9]{0,4})$/;

/** Version 1 of the PROXY protocol: a line of text. */
export const V1: ProxyHeaderForm = {
  endIn(bytes) {
    const text = textOf(bytes.subarray(0, LONGEST));
    const end = text.indexOf("\r\n");
    if (end !== -1) return end + 2;
    const isOne = STARTS.some((start) =>
      text.startsWith(start) || start.startsWith(text)
    );
    if (!isOne) throw wrongHeader(text);
    if (text.length < LONGEST) return null;
    const rule = `the PROXY header must have at most ${LONGEST} bytes`;
    throw new ProxyHeaderFault(rule, text);
  },

  parse(header) {
    const text = textOf(header);
    return UNKNOWN.test(text) ? "unknown" : addressesOf(text);
  },
};

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
