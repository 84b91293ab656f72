import { exchangeDatagram } from "@socketserver/socketserver/testing";
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { concat } from "@std/bytes/concat";
import { answerDatagram, DNSHandler } from "../../examples/dns_server.ts";
import { answerInMemory } from "./answer_in_memory.ts";
import { answerOverTCP } from "./answer_over_tcp.ts";
import { withExampleProcess } from "./example_process.ts";

const LIMIT_MS = 30_000;

const text = (value: string) => new TextEncoder().encode(value);
const header = (counts = "00010000 00000000", flags = "0100") =>
  Uint8Array.fromHex(`cafe${flags}${counts.replace(" ", "")}`);
const NAME = concat([
  ...["www", "example", "test"].flatMap((label) => [
    Uint8Array.of(label.length),
    text(label),
  ]),
  Uint8Array.of(0),
]);
const QUESTION = concat([NAME, Uint8Array.of(0, 1, 0, 1)]);
const QUERY = concat([header(), QUESTION]);
const TYPE_IN = Uint8Array.of(0, 1, 0, 1);

/** What is wrong, what is sent, and the code of the answer; `null` for none. */
const MALFORMED: [name: string, query: Uint8Array, code: number | null][] = [
  ["nothing", new Uint8Array(), null],
  ["a header cut off", QUERY.subarray(0, 11), null],
  ["an answer", concat([header(undefined, "8180"), QUESTION]), null],
  ["a header alone", header(), 1],
  ["a question cut off", QUERY.subarray(0, 20), 1],
  ["a type cut off", QUERY.subarray(0, -1), 1],
  ["no question", header("00000000 00000000"), 1],
  [
    "two questions",
    concat([header("00020000 00000000"), QUESTION, QUESTION]),
    1,
  ],
  ["65535 records", concat([header("ffffffff ffffffff"), QUESTION]), 1],
  [
    "65535 additional records",
    concat([header("00010000 0000ffff"), QUESTION]),
    1,
  ],
  [
    "a name that points to itself",
    concat([header(), Uint8Array.of(0xc0, 12), TYPE_IN]),
    1,
  ],
  [
    "a name that points ahead",
    concat([header(), Uint8Array.of(0xc0, 14, 0), TYPE_IN]),
    1,
  ],
  [
    "two names that point to each other",
    concat([header(), Uint8Array.of(1, 65, 0xc0, 16, 0xc0, 12), TYPE_IN]),
    1,
  ],
  ["a pointer cut off", concat([header(), Uint8Array.of(0xc0)]), 1],
  [
    "a label of an unknown kind",
    concat([header(), Uint8Array.of(0x80, 1, 0), TYPE_IN]),
    1,
  ],
  [
    "a name that is too long",
    concat([
      header(),
      ...Array(5).fill(
        concat([Uint8Array.of(63), new Uint8Array(63).fill(65)]),
      ),
      Uint8Array.of(0),
      TYPE_IN,
    ]),
    1,
  ],
  [
    "a name that is not UTF-8",
    concat([header(), Uint8Array.of(2, 0xff, 0xfe, 0), TYPE_IN]),
    1,
  ],
  [
    "a dot in a label",
    concat([header(), Uint8Array.of(3, 65, 46, 65, 0), TYPE_IN]),
    1,
  ],
  [
    "an additional record cut off",
    concat([header("00010000 00000001"), QUESTION, Uint8Array.of(0, 0, 41)]),
    1,
  ],
  ["another kind of query", concat([header(undefined, "2800"), QUESTION]), 4],
];

/** The answer that has a code and nothing else; it keeps the other flags. */
const refusal = (query: Uint8Array, code: number) =>
  Uint8Array.of(0xca, 0xfe, 0x80 | query[2]!, code, 0, 0, 0, 0, 0, 0, 0, 0);

const record = (last: number) =>
  concat([
    NAME,
    Uint8Array.fromHex("000100010000012c0004c00002"),
    Uint8Array.of(last),
  ]);

/** The whole answer to the query that is right. */
const GOOD = concat([
  header("00010002 00000000", "8500"),
  ...[QUESTION, record(2), record(3)],
]);

const prefixed = (message: Uint8Array, length = message.length) =>
  concat([Uint8Array.of(length >> 8, length), message]);

/** Messages that end too early, where others came before. */
const CUT: [name: string, sent: Uint8Array][] = [
  ["half a length", Uint8Array.of(0)],
  ["a message that is shorter than its length", prefixed(QUERY, 65_535)],
  ["a length alone", Uint8Array.of(0, 33)],
];

/** What is wrong, what is sent over TCP, and the whole answer. */
const OVER_TCP: [name: string, sent: Uint8Array, answer: Uint8Array][] = [
  ...MALFORMED.map(([name, query, code]): (typeof OVER_TCP)[number] => [
    name,
    concat([prefixed(query), prefixed(QUERY)]),
    code === null ? new Uint8Array() : concat([
      prefixed(refusal(query, code)),
      prefixed(GOOD),
    ]),
  ]),
  ...CUT.map(([name, sent]): (typeof OVER_TCP)[number] => [
    name,
    concat([prefixed(QUERY), sent]),
    prefixed(GOOD),
  ]),
];

const CLIENT = { transport: "udp", hostname: "127.0.0.1", port: 9 } as const;

Deno.test("answerDatagram() answers FORMERR to what is malformed, or nothing", async (t) => {
  for (const [name, query, code] of MALFORMED) {
    await t.step(name, async () => {
      const sent = await exchangeDatagram(answerDatagram, query, {
        clientAddress: CLIENT,
      });
      const expected = code === null
        ? []
        : [{ data: refusal(query, code), address: CLIENT }];
      assertEquals(sent, expected);
    });
  }
});

for (const chunkSize of [1, Infinity]) {
  Deno.test(`DNSHandler.handle() answers FORMERR to what is malformed, or ends, in pieces of ${chunkSize}`, async (t) => {
    for (const [name, sent, answer] of OVER_TCP) {
      await t.step(name, async () => {
        const received = await answerInMemory(DNSHandler, sent, { chunkSize });
        assertEquals(received, answer);
      });
    }
  });
}

Deno.test("examples/dns_server.ts answers FORMERR to malformed datagrams, and serves the next client", () =>
  withExampleProcess("dns_server.ts", async ({ address }) => {
    const own = { transport: "udp", hostname: "127.0.0.1", port: 0 } as const;
    const socket = Deno.listenDatagram(own);
    const answerTo = async (query: Uint8Array) => {
      await socket.send(query, { transport: "udp", ...address });
      const [answer] = await deadline(socket.receive(), LIMIT_MS);
      return answer;
    };
    try {
      for (const [name, query, code] of MALFORMED) {
        if (code !== null) {
          assertEquals(await answerTo(query), refusal(query, code), name);
        } else await socket.send(query, { transport: "udp", ...address });
        // An answer to what must be ignored would come first.
        assertEquals(await answerTo(QUERY), GOOD, name);
      }
    } finally {
      socket.close();
    }
  }));

Deno.test("examples/dns_server.ts answers FORMERR to malformed messages, and serves the next client", () =>
  withExampleProcess("dns_server.ts", async (example) => {
    for (const [name, sent, answer] of OVER_TCP) {
      assertEquals(await answerOverTCP(example, sent), answer, name);
      const next = await answerOverTCP(example, prefixed(QUERY));
      assertEquals(next, prefixed(GOOD), name);
    }
  }));
