import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { concat } from "@std/bytes/concat";
import { needing } from "../fixtures/installed_program.ts";
import {
  assertRefusesTakenPort,
  type ExampleProcess,
  withExampleProcess,
} from "./example_process.ts";

const LIMIT_MS = 30_000;
const NAME = "dns_server.ts";

/** What dig prints that asks the server. */
async function dig(
  { address }: ExampleProcess,
  question: string,
): Promise<string> {
  const { code, stdout } = await deadline(
    new Deno.Command("dig", {
      args: [`@${address.hostname}`, "-p", `${address.port}`]
        .concat("+tries=1 +time=20".split(" "), question.split(" ")),
    }).output(),
    LIMIT_MS,
  );
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text);
  return text;
}

const X = `"${"x".repeat(200)}"`;
const LARGE = Array(20).fill(X).join(" ");

/** What is asked, and what dig says in its short form. */
const SHORT: [question: string, answer: string][] = [
  ["www.example.test A", "192.0.2.2\n192.0.2.3\n"],
  ["www.example.test AAAA", "2001:db8::2\n"],
  ["WwW.eXample.TEST AAAA", "2001:db8::2\n"],
  ["example.test TXT", '"v=spf1 -all"\n'],
  ["example.test NS", "ns.example.test.\n"],
  [
    "example.test SOA +tcp",
    "ns.example.test. admin.example.test. 1 3600 600 604800 300\n",
  ],
  ["large.example.test TXT +noedns", `${LARGE}\n`],
  ["large.example.test TXT +bufsize=4096", `${LARGE}\n`],
  ["large.example.test TXT +tcp +nocookie", `${LARGE}\n`],
  ["www.example.test MX", ""],
];

Deno.test(needing(["dig"], {
  name: "examples/dns_server.ts answers dig",
  fn: () =>
    withExampleProcess(NAME, async (example) => {
      for (const [question, answer] of SHORT) {
        assertEquals(
          await dig(example, `${question} +short`),
          answer,
          question,
        );
      }
    }),
}));

/** What is asked, and what dig says in full. */
const FULL: [question: string, ...texts: RegExp[]][] = [
  [
    "www.example.test",
    /status: NOERROR/,
    /flags: qr aa rd;/,
    /EDNS: version: 0, flags:; udp: 1232/,
  ],
  ["www.example.test +noedns +norecurse", /flags: qr aa;/, /ADDITIONAL: 0/],
  [
    "none.example.test",
    /status: NXDOMAIN/,
    /ANSWER: 0, AUTHORITY: 1/,
    /IN\tSOA\tns\.example\.test/,
  ],
  ["www.example.test MX", /status: NOERROR/, /ANSWER: 0, AUTHORITY: 1/],
  ["example.org", /status: REFUSED/, /flags: qr rd;/],
  ["notexample.test", /status: REFUSED/],
  ["example.test -c CH TXT", /status: REFUSED/],
  ["example.test +edns=1 +noednsneg", /status: BADVERS/, /ANSWER: 0,/],
  ["example.test +opcode=4", /status: NOTIMP/],
  ["example.test +header-only", /status: FORMERR/],
  ["TYPE65280.example.test TYPE65280", /status: NXDOMAIN/],
  [
    "large.example.test TXT +noedns +ignore",
    /flags: qr aa tc rd;/,
    /ANSWER: 0/,
    /\(UDP\)/,
  ],
  [
    "large.example.test TXT +bufsize=512",
    /retrying in TCP mode/,
    /rcvd: 40\d\d/,
    /\(TCP\)/,
  ],
];

Deno.test(needing(["dig"], {
  name:
    "examples/dns_server.ts tells dig why there is no answer, and retry over TCP",
  fn: () =>
    withExampleProcess(NAME, async (example) => {
      for (const [question, ...texts] of FULL) {
        const printed = await dig(example, question);
        for (const text of texts) assertMatch(printed, text);
      }
    }),
}));

Deno.test(needing(["dig"], {
  name:
    "examples/dns_server.ts answers several questions on one connection of dig's",
  fn: () =>
    withExampleProcess(NAME, async (example) => {
      const questions = "+tcp +keepopen +short www.example.test AAAA " +
        "example.test TXT +tcp +keepopen +short";
      const answer = '2001:db8::2\n"v=spf1 -all"\n';
      assertEquals(await dig(example, questions), answer);
    }),
}));

const text = (value: string) => new TextEncoder().encode(value);
const header = (counts = "00010000 00000000", flags = "0100") =>
  Uint8Array.fromHex(`cafe${flags}${counts.replace(" ", "")}`);
const QUESTION = concat([
  ...["www", "example", "test"].flatMap((
    label,
  ) => [Uint8Array.of(label.length), text(label)]),
  Uint8Array.of(0, 0, 1, 0, 1),
]);
const QUERY = concat([header(), QUESTION]);
const TYPE_IN = Uint8Array.of(0, 1, 0, 1);

/** The codes that messages are answered with; `null` stands for silence. */
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

/** Sends a datagram; resolves to the answer. */
async function asDatagram(
  socket: Deno.DatagramConn,
  query: Uint8Array,
  example: ExampleProcess,
) {
  await socket.send(query, { transport: "udp", ...example.address });
  const [answer] = await deadline(socket.receive(), LIMIT_MS);
  return answer;
}

Deno.test("examples/dns_server.ts answers FORMERR to malformed datagrams, or nothing", async (t) => {
  await withExampleProcess(NAME, async (example) => {
    const socket = Deno.listenDatagram({
      transport: "udp",
      hostname: "127.0.0.1",
      port: 0,
    });
    try {
      for (const [name, query, code] of MALFORMED) {
        await t.step(name, async () => {
          if (code === null) {
            await socket.send(query, { transport: "udp", ...example.address });
          } else {
            const answer = await asDatagram(socket, query, example);
            assertEquals(answer.subarray(0, 2), Uint8Array.of(0xca, 0xfe));
            assertEquals(answer[2]! & 0x80, 0x80);
            assertEquals(answer[3]! & 0x0f, code);
          }
          // An answer to what must be ignored would come first.
          const answer = await asDatagram(socket, QUERY, example);
          assertEquals(answer[3]! & 0x0f, 0);
          assertEquals(answer[7], 2);
        });
      }
    } finally {
      socket.close();
    }
  });
});

const prefixed = (message: Uint8Array, length = message.length) =>
  concat([Uint8Array.of(length >> 8, length), message]);

/** What comes over TCP, up to the end. */
async function overTCP(
  { address }: ExampleProcess,
  ...sent: Uint8Array[]
): Promise<Uint8Array> {
  const client = await Deno.connect(address);
  const received = deadline(new Response(client.readable).bytes(), LIMIT_MS);
  for (const bytes of sent) await client.write(bytes);
  await client.closeWrite();
  return await received;
}

Deno.test("examples/dns_server.ts answers FORMERR to malformed messages, or closes", async (t) => {
  await withExampleProcess(NAME, async (example) => {
    const good = await overTCP(example, prefixed(QUERY));
    assert(good.length > QUERY.length);
    for (const [name, query, code] of MALFORMED) {
      await t.step(name, async () => {
        const answer = await overTCP(example, prefixed(query), prefixed(QUERY));
        const first = answer.subarray(0, code === null ? 0 : 14);
        if (code === null) assertEquals(answer, new Uint8Array());
        else {
          assertEquals(first[5]! & 0x0f, code);
          assertEquals(answer.subarray(14), good);
        }
      });
    }
    const CUT: [name: string, sent: Uint8Array[]][] = [
      ["half a length", [Uint8Array.of(0)]],
      ["a message that is shorter than its length", [prefixed(QUERY, 65_535)]],
      ["a length alone", [Uint8Array.of(0, 33)]],
    ];
    for (const [name, sent] of CUT) {
      await t.step(name, async () => {
        assertEquals(await overTCP(example, prefixed(QUERY), ...sent), good);
      });
    }
    await t.step("a message in single bytes", async () => {
      const bytes = Array.from(prefixed(QUERY), (byte) => Uint8Array.of(byte));
      assertEquals(await overTCP(example, ...bytes), good);
    });
  });
});

for (const transport of ["tcp", "udp"] as const) {
  Deno.test(`examples/dns_server.ts names a ${transport} port that is taken`, () =>
    assertRefusesTakenPort(NAME, { transport }));
}
