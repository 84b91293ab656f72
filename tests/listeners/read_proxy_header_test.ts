import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes/concat";
import type { ByteSource } from "@socketserver/socketserver";
import { crc32c } from "../../src/listeners/crc32c.ts";
import {
  LONGEST_HEADER,
  type ProxiedClient,
  ProxyHeaderFault,
} from "../../src/listeners/proxy_header.ts";
import {
  type ProxyHeader,
  readProxyHeader,
} from "../../src/listeners/read_proxy_header.ts";
import { CountedSource } from "../fixtures/counted_source.ts";
import {
  INET_ADDRESSES,
  INET_BLOCK,
  latin1,
  part,
  unixBlock,
  V1_LINE,
  v2Header,
} from "../fixtures/proxy_headers.ts";
import {
  forEachSeed,
  type Random,
  randomBytes,
  randomCuts,
} from "../fixtures/seeded_cases.ts";

const REQUEST = latin1("\r\nPROXY and whatever else a client says\r\n\r\n");
const FULL_IP = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
const INET6_BLOCK = concat([
  Uint8Array.fromHex("20010db8000000000000000000000001"),
  Uint8Array.fromHex("00000000000000000000ffffc0000201"),
  Uint8Array.of(0, 1, 255, 255),
]);
const INET6_ADDRESSES = {
  source: { transport: "tcp", hostname: "2001:db8::1", port: 1 },
  destination: {
    transport: "tcp",
    hostname: "::ffff:192.0.2.1",
    port: 65_535,
  },
} as const;

/** Reads a header into an array of its own. */
function readFrom(source: ByteSource): Promise<ProxyHeader | null> {
  return readProxyHeader(source, new Uint8Array(LONGEST_HEADER));
}

/** Makes a header with a checksum, which is that of the header. */
function withChecksum(parts: Uint8Array): Uint8Array<ArrayBuffer> {
  const header = v2Header({
    parts: concat([parts, part(0x03, new Uint8Array(4))]),
  });
  const view = new DataView(header.buffer);
  view.setUint32(header.length - 4, crc32c(header));
  return header;
}

/** Headers, and what they say. */
const HEADERS: Record<string, [Uint8Array<ArrayBuffer>, ProxiedClient]> = {
  "TCP4": [latin1(V1_LINE), INET_ADDRESSES],
  "the longest TCP4": [
    latin1("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
    {
      source: { transport: "tcp", hostname: "255.255.255.255", port: 65_535 },
      destination: {
        transport: "tcp",
        hostname: "255.255.255.255",
        port: 65_535,
      },
    },
  ],
  "the shortest TCP4": [
    latin1("PROXY TCP4 0.0.0.0 0.0.0.0 0 0\r\n"),
    {
      source: { transport: "tcp", hostname: "0.0.0.0", port: 0 },
      destination: { transport: "tcp", hostname: "0.0.0.0", port: 0 },
    },
  ],
  "TCP6": [
    latin1("PROXY TCP6 2001:DB8:0:0::1 ::ffff:192.0.2.1 1 65535\r\n"),
    INET6_ADDRESSES,
  ],
  "the longest TCP6": [
    latin1(`PROXY TCP6 ${FULL_IP} ${FULL_IP} 65535 65535\r\n`),
    {
      source: { transport: "tcp", hostname: FULL_IP, port: 65_535 },
      destination: { transport: "tcp", hostname: FULL_IP, port: 65_535 },
    },
  ],
  "the shortest TCP6": [
    latin1("PROXY TCP6 :: :: 0 0\r\n"),
    {
      source: { transport: "tcp", hostname: "::", port: 0 },
      destination: { transport: "tcp", hostname: "::", port: 0 },
    },
  ],
  "UNKNOWN": [latin1("PROXY UNKNOWN\r\n"), "unknown"],
  "the longest UNKNOWN": [
    latin1(`PROXY UNKNOWN ${FULL_IP} ${FULL_IP} 65535 65535\r\n`),
    "unknown",
  ],
  "UNKNOWN with anything": [latin1("PROXY UNKNOWN \0\n\xff\r\r\n"), "unknown"],
  "TCP over IPv4": [v2Header(), INET_ADDRESSES],
  "TCP over IPv6": [
    v2Header({ kind: 0x21, block: INET6_BLOCK }),
    INET6_ADDRESSES,
  ],
  "a Unix stream": [
    v2Header({ kind: 0x31, block: unixBlock("/run/client", "\0abstract") }),
    {
      source: { transport: "unix", path: "/run/client" },
      destination: { transport: "unix", path: "\0abstract" },
    },
  ],
  "a nameless Unix stream": [
    v2Header({ kind: 0x31, block: unixBlock("", "/run/".padEnd(108, "x")) }),
    {
      source: { transport: "unix", path: null as unknown as string },
      destination: { transport: "unix", path: "/run/".padEnd(108, "x") },
    },
  ],
  "parts": [
    v2Header({
      parts: concat([part(0x02, latin1("name")), part(4, new Uint8Array(300))]),
    }),
    INET_ADDRESSES,
  ],
  "a checksum": [withChecksum(part(0xea, latin1("own"))), INET_ADDRESSES],
  "the longest of version 2": [
    v2Header({ parts: part(4, new Uint8Array(536 - 28 - 3)) }),
    INET_ADDRESSES,
  ],
  "LOCAL": [
    v2Header({ command: 0x20, kind: 0, block: new Uint8Array() }),
    "proxy",
  ],
  "LOCAL with addresses": [v2Header({ command: 0x20 }), "proxy"],
  "no family": [v2Header({ kind: 0, block: new Uint8Array() }), "unknown"],
  "no transport": [v2Header({ kind: 0x10 }), "unknown"],
  "UDP over IPv4": [v2Header({ kind: 0x12 }), "unknown"],
  "a Unix datagram": [
    v2Header({ kind: 0x32, block: unixBlock("", "") }),
    "unknown",
  ],
};

/** What is none, and what the error says. */
const FAULTS: Record<string, [Uint8Array<ArrayBuffer>, string]> = {
  "another protocol": [
    latin1("GET / HTTP/1.1\r\n\r\n"),
    "as the protocol says",
  ],
  "a single byte": [latin1("Q"), "as the protocol says"],
  "no space": [latin1("PROXYTCP4 1.2.3.4 1.2.3.4 1 2\r\n"), "as the"],
  "two spaces": [latin1("PROXY TCP4  1.2.3.4 1.2.3.4 1 2\r\n"), "as the"],
  "small letters": [latin1("proxy TCP4 1.2.3.4 1.2.3.4 1 2\r\n"), "as the"],
  "TCP5": [latin1("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n"), "as the"],
  "UNKNOWNS": [latin1("PROXY UNKNOWNS\r\n"), "as the"],
  "a zero in front": [latin1("PROXY TCP4 1.2.3.04 1.2.3.4 1 2\r\n"), "as the"],
  "a large byte": [latin1("PROXY TCP4 1.2.3.256 1.2.3.4 1 2\r\n"), "as the"],
  "a short address": [latin1("PROXY TCP4 1.2.3 1.2.3.4 1 2    \r\n"), "as"],
  "IPv6 in TCP4": [latin1("PROXY TCP4 ::1 ::1 1 2          \r\n"), "as"],
  "IPv4 in TCP6": [latin1("PROXY TCP6 1.2.3.4 1.2.3.4 1 2\r\n"), "as the"],
  "two gaps": [latin1("PROXY TCP6 1::2::3 ::1 1 2\r\n"), "as the protocol"],
  "a large port": [latin1("PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\n"), "as the"],
  "a port with a zero": [latin1("PROXY TCP4 1.2.3.4 1.2.3.4 01 2\r\n"), "as"],
  "a port with a sign": [latin1("PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n"), "as"],
  "a further field": [latin1("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n"), "as"],
  "LF alone": [latin1("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\nx"), "must be complete"],
  "CR alone": [latin1("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\rx"), "must be complete"],
  "no end": [latin1("PROXY UNKNOWN ".padEnd(200, "x")), "at most 107 bytes"],
  "108 bytes": [
    latin1(`${"PROXY UNKNOWN ".padEnd(106, "x")}\r\n`),
    "at most 107 bytes",
  ],
  "half a line": [latin1("PROXY TCP4 1.2.3.4"), "must be complete"],
  "half a signature": [v2Header().slice(0, 7), "must be complete"],
  "half an address": [v2Header().slice(0, 20), "must be complete"],
  "version 1 in binary": [v2Header({ command: 0x11 }), "as the protocol says"],
  "another command": [v2Header({ command: 0x22 }), "as the protocol says"],
  "another family": [v2Header({ kind: 0x41 }), "as the protocol says"],
  "another transport": [v2Header({ kind: 0x13 }), "as the protocol says"],
  "no room for IPv4": [v2Header({ length: 11 }), "room for its addresses"],
  "no room for IPv6": [v2Header({ kind: 0x21 }), "room for its addresses"],
  "no room for a Unix path": [v2Header({ kind: 0x31 }), "room for its"],
  "537 bytes": [
    v2Header({ parts: new Uint8Array(537 - 28) }),
    "at most 536 bytes: current value is 537",
  ],
  "a part that is cut": [
    v2Header({ parts: part(1, latin1("h2")).slice(0, 4) }),
    "must fit into it",
  ],
  "half a part": [v2Header({ parts: Uint8Array.of(4) }), "must fit into it"],
  "a short checksum": [v2Header({ parts: part(3, latin1("abc")) }), "must fit"],
  "a wrong checksum": [
    v2Header({ parts: part(3, latin1("abcd")) }),
    "the checksum of the PROXY header must be",
  ],
};

for (const [name, [header, expected]] of Object.entries(HEADERS)) {
  Deno.test(`readProxyHeader() reads ${name} in any two pieces, and gives the rest`, async () => {
    for (let cut = 0; cut < header.length; cut++) {
      const source = new CountedSource(
        header.subarray(0, cut),
        concat([header.subarray(cut), REQUEST]),
      );
      const read = await readFrom(source);
      assertEquals(read?.client, expected, `${cut}`);
      const { rest } = read!;
      assertEquals(rest, REQUEST.subarray(0, rest.length), `${cut}`);
      assertEquals(source.taken, header.length + rest.length, `${cut}`);
    }
  });
}

for (const [name, [bytes, message]] of Object.entries(FAULTS)) {
  Deno.test(`readProxyHeader() refuses ${name}`, async () => {
    for (
      const pieces of [
        [bytes],
        Array.from(bytes, (b) => Uint8Array.of(b)),
      ]
    ) {
      const read = readFrom(new CountedSource(...pieces));
      await assertRejects(() => read, ProxyHeaderFault, message);
    }
  });
}

Deno.test("readProxyHeader() gives null for what says nothing", async () => {
  assertEquals(await readFrom(new CountedSource()), null);
  const lost = {
    read: () => Promise.reject(new Deno.errors.ConnectionReset()),
  };
  assertEquals(await readFrom(lost), null);
});

Deno.test("readProxyHeader() refuses a header whose connection is lost in it", async () => {
  let reads = 0;
  const read = (buffer: Uint8Array) => {
    if (++reads > 1) return Promise.reject(new Deno.errors.ConnectionReset());
    buffer[0] = 0x50;
    return Promise.resolve(1);
  };
  const reading = readFrom({ read });
  await assertRejects(() => reading, ProxyHeaderFault, "be complete");
});

Deno.test("readProxyHeader() needs one read where all has come", async () => {
  for (const [name, [header]] of Object.entries(HEADERS)) {
    const source = new CountedSource(concat([header, REQUEST]));
    await readFrom(source);
    assertEquals(source.reads, 1, name);
  }
});

Deno.test("readProxyHeader() refuses a header with any byte changed, or reads another", async () => {
  for (const [name, [header]] of Object.entries(HEADERS)) {
    for (let at = 0; at < header.length; at++) {
      for (const change of [1, 0x20, 0x80, 0xff]) {
        const changed = header.slice();
        changed[at]! ^= change;
        await assertReadRight(changed, `${name} ${at} ${change}`);
      }
    }
  }
});

Deno.test("readProxyHeader() gives all that follows a header back, whatever comes", async () => {
  const samples = Object.values(HEADERS).map(([header]) => header);
  await forEachSeed(3000, async (random) => {
    await assertReadRight(mutated(random, samples), "", random);
  });
});

/** Changes, takes out or doubles some bytes of one of the samples. */
function mutated(
  random: Random,
  samples: Uint8Array<ArrayBuffer>[],
): Uint8Array<ArrayBuffer> {
  let bytes = samples[random(samples.length)]!.slice();
  for (let left = random(4); left > 0; left--) {
    const at = random(bytes.length);
    const [before, after] = [bytes.slice(0, at), bytes.slice(at + random(3))];
    bytes = concat([before, randomBytes(random, 3), after]);
  }
  return random(10) === 0 ? randomBytes(random, 600) : bytes;
}

/** Asserts that reading settles, and the rest begins where a right header ends. */
async function assertReadRight(
  bytes: Uint8Array<ArrayBuffer>,
  message: string,
  random?: Random,
): Promise<void> {
  const input = concat([bytes, REQUEST]);
  const pieces = random === undefined ? [input] : randomCuts(random, input);
  const source = new CountedSource(...pieces);
  let rest: Uint8Array;
  try {
    ({ rest } = (await readFrom(source))!);
  } catch (error) {
    assert(error instanceof ProxyHeaderFault, `${message} ${error}`);
    assert(source.taken <= 536, message);
    return;
  }
  const end = input[0] === 0x50
    ? new TextDecoder("latin1").decode(input).indexOf("\r\n") + 2
    : 16 + (input[14]! << 8 | input[15]!);
  assertEquals(source.taken - rest.length, end, message);
  assertEquals(rest, input.subarray(end, source.taken), message);
}

Deno.test("crc32c() gives the checksums of RFC 3720", () => {
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(255)), 0x62a8ab43);
  assertEquals(crc32c(latin1("123456789")), 0xe3069283);
  assertEquals(crc32c(new Uint8Array()), 0);
});

Deno.test("readProxyHeader() refuses a header with a checksum if a byte is changed", async () => {
  const header = withChecksum(part(4, INET_BLOCK));
  const values = header.keys().filter((at) => at < 28 || (at > 30 && at < 43));
  for (const at of [...values, header.length - 1].filter((at) => at > 15)) {
    const changed = header.slice();
    changed[at]! ^= 1;
    const read = readFrom(new CountedSource(changed));
    await assertRejects(() => read, ProxyHeaderFault);
  }
});
