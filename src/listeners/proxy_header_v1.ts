import { normalIpv4, normalIpv6 } from "./ip_address.ts";
import {
  type ProxiedClient,
  ProxyHeaderFault,
  type ProxyHeaderForm,
  textOf,
} from "./proxy_header.ts";

/** The longest header, in bytes. */
const LONGEST = 107;
const STARTS = ["PROXY TCP4 ", "PROXY TCP6 ", "PROXY UNKNOWN"];
/** What a header whose rest says nothing looks like. */
const UNKNOWN = /^PROXY UNKNOWN(?: [^]*)?$/;
const PORT = "(0|[1-9][0-9]{0,4})";
const HEADER = new RegExp(`^PROXY TCP([46]) (\\S+) (\\S+) ${PORT} ${PORT}\r\n`);

/** Version 1 of the PROXY protocol: a line of text. */
export const V1: ProxyHeaderForm = {
  parse(bytes) {
    const text = textOf(bytes.subarray(0, LONGEST));
    const end = text.indexOf("\r\n");
    if (end !== -1) return { client: clientOf(text, end), end: end + 2 };
    checkBeginning(text);
    return null;
  },
};

/** Checks what may become a header. */
function checkBeginning(text: string): void {
  const isOne = STARTS.some((start) =>
    text.startsWith(start) || start.startsWith(text)
  );
  if (!isOne) throw wrongHeader(text);
  if (text.length < LONGEST) return;
  const rule = `the PROXY header must have at most ${LONGEST} bytes`;
  throw new ProxyHeaderFault(rule, text);
}

function clientOf(text: string, end: number): ProxiedClient {
  const found = HEADER.exec(text);
  if (found === null) {
    const line = text.slice(0, end);
    if (UNKNOWN.test(line)) return "unknown";
    throw wrongHeader(line);
  }
  const normal = found[1] === "4" ? normalIpv4 : normalIpv6;
  const [source, destination] = [normal(found[2]!), normal(found[3]!)];
  const [from, to] = [Number(found[4]), Number(found[5])];
  if (
    source === null || destination === null || from > 65_535 || to > 65_535
  ) throw wrongHeader(found[0]);
  return {
    source: { transport: "tcp", hostname: source, port: from },
    destination: { transport: "tcp", hostname: destination, port: to },
  };
}

function wrongHeader(text: string): ProxyHeaderFault {
  const rule = "the PROXY header must be as the protocol says";
  return new ProxyHeaderFault(rule, text);
}
