// A name server for the zone example.test, over UDP and TCP.
//
//   deno run --unstable-net --allow-net=127.0.0.1 examples/dns_server.ts
//
// In a second terminal: dig @127.0.0.1 -p 5300 www.example.test
// A port other than 5300 can be given as the first argument; 0 takes a free one.

// deno-lint-ignore-file no-console -- it tells where it listens

import {
  AsyncTCPServer,
  AsyncUDPServer,
  type DatagramRequest,
  StreamRequestHandler,
  terminationSignal,
} from "@socketserver/socketserver";
// @ts-types="@types/dns-packet"
import * as dns from "dns-packet";
import { Buffer } from "node:buffer";

const ZONE = "example.test";
const TTL = 300; // seconds
const LARGEST_DATAGRAM = 1232; // bytes, which no network has to cut into parts
const NS = `ns.${ZONE}`;
const TIMES = { refresh: 3600, retry: 600, expire: 604_800, minimum: TTL };
const SOA: dns.SoaAnswer = {
  ...{ type: "SOA", name: ZONE, ttl: TTL },
  data: { mname: NS, rname: `admin.${ZONE}`, serial: 1, ...TIMES },
};
const RECORDS: (dns.StringAnswer | dns.TxtAnswer | dns.SoaAnswer)[] = [
  SOA,
  { name: ZONE, type: "NS", data: NS },
  { name: ZONE, type: "A", data: "192.0.2.1" },
  { name: ZONE, type: "TXT", data: "v=spf1 -all" },
  { name: NS, type: "A", data: "192.0.2.53" },
  { name: `www.${ZONE}`, type: "A", data: "192.0.2.2" },
  { name: `www.${ZONE}`, type: "A", data: "192.0.2.3" },
  { name: `www.${ZONE}`, type: "AAAA", data: "2001:db8::2" },
  { name: `large.${ZONE}`, type: "TXT", data: Array(20).fill("x".repeat(200)) },
];
// The codes of RFC 1035, 4.1.1.
const [FORMAT_ERROR, NAME_ERROR, NOT_IMPLEMENTED, REFUSED] = [1, 3, 4, 5];

/** Answers a query, of whatever bytes; `null` if it must not be answered. */
export function answer(query: Uint8Array, isDatagram: boolean) {
  const bytes = Buffer.from(query);
  const flags = bytes.length < 12 ? 0x8000 : bytes.readUInt16BE(2);
  if (flags >= 0x8000) return null; // answers to answers might have no end
  const encode = (content: dns.Packet) =>
    dns.encode({
      ...content,
      type: "response",
      id: bytes.readUInt16BE(0),
      flags: (flags & 0x7900) | (content.flags ?? 0),
    });
  if ((flags & 0x7800) !== 0) return encode({ flags: NOT_IMPLEMENTED });
  const packet = decoded(bytes);
  if (packet === null) return encode({ flags: FORMAT_ERROR });
  const edns = packet.additionals?.find(({ type }) => type === "OPT");
  const size = edns?.type === "OPT" ? edns.udpPayloadSize : 512;
  const content = contentFor(packet.questions![0]!, edns);
  const whole = encode(content);
  const most = Math.max(512, Math.min(size, LARGEST_DATAGRAM));
  if (!isDatagram || whole.length <= most) return whole;
  const short = { ...content, answers: [], authorities: [] };
  return encode({ ...short, flags: content.flags | dns.TRUNCATED_RESPONSE });
}

/** Decodes a query with one question; `null` if it is something else. */
function decoded(bytes: Buffer): dns.Packet | null {
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  // What is to hold thousands of records takes long, so it is not even tried.
  if (!/^1,0,0,[012]$/.test(counts.join())) return null;
  try {
    const packet = dns.decode(bytes);
    // Names that are not in ASCII do not come through unchanged.
    const again = dns.encode({ questions: packet.questions! }).subarray(12);
    return again.equals(bytes.subarray(12, 12 + again.length)) ? packet : null;
  } catch {
    return null;
  }
}

/** What is answered to a question, beside what every answer has. */
function contentFor(question: dns.Question, edns?: dns.Answer) {
  const version = edns?.type === "OPT" ? edns.ednsVersion : 0;
  const additionals: dns.Answer[] = edns === undefined ? [] : [{
    ...{ type: "OPT", name: ".", udpPayloadSize: LARGEST_DATAGRAM },
    ...{ extendedRcode: version > 0 ? 1 : 0, ednsVersion: 0 }, // RFC 6891, 6.1.3
    ...{ flags: 0, flag_do: false, options: [] },
  }];
  const content = { questions: [question], additionals, flags: 0 };
  if (version > 0) return content;
  const name = question.name.toLowerCase();
  const isOurs = name === ZONE || name.endsWith(`.${ZONE}`);
  if (!isOurs || question.class !== "IN") return { ...content, flags: REFUSED };
  const records = RECORDS.filter((record) => record.name === name);
  const answers = records
    .filter(({ type }) => type === question.type)
    .map((record) => ({ ...record, name: question.name, ttl: TTL }));
  return {
    ...content,
    flags: dns.AUTHORITATIVE_ANSWER | (records.length === 0 ? NAME_ERROR : 0),
    answers,
    authorities: answers.length === 0 ? [SOA] : [],
  };
}

export class DNSHandler extends StreamRequestHandler {
  override timeout = 30;
  override async handle() {
    const { rfile, wfile, signal } = this;
    for (let size; (size = await rfile.readExactly(2, { signal })) !== null;) {
      const length = size[0]! * 256 + size[1]!;
      const query = await rfile.readExactly(length, { required: true });
      const reply = answer(query, false);
      if (reply === null) return;
      size.set([reply.length >> 8, reply.length]);
      await wfile.write(Buffer.concat([size, reply]));
    }
  }
}

export async function answerDatagram(
  [query, socket]: DatagramRequest,
  client: Deno.Addr,
) {
  const reply = answer(query, true);
  if (reply !== null) await socket.send(reply, client);
}

if (import.meta.main) {
  try {
    const signal = terminationSignal();
    await using tcp = new AsyncTCPServer(
      { hostname: "127.0.0.1", port: Number(Deno.args[0] ?? 5300) },
      DNSHandler,
    );
    const { hostname, port } = tcp.serverAddress;
    await using udp = new AsyncUDPServer({ hostname, port }, answerDatagram);
    console.log(`Listening on ${hostname}:${port}`);
    await Promise.all(
      [tcp, udp].map((server) => server.serveForever({ signal })),
    );
  } catch (error) {
    if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    console.error(error.message); // which names the port
    Deno.exitCode = 1;
  }
}
