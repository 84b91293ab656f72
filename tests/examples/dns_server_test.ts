import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
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

for (const transport of ["tcp", "udp"] as const) {
  Deno.test(`examples/dns_server.ts names a ${transport} port that is taken`, () =>
    assertRefusesTakenPort(NAME, { transport }));
}
