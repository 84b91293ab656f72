// deno-lint-ignore-file no-console -- the example prints what it finds

import {
  connect,
  exchange,
  exchangeDatagram,
} from "@socketserver/socketserver/testing";
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { logDatagram, SyslogHandler } from "../../examples/syslog_server.ts";
import { answerInMemory } from "./answer_in_memory.ts";
import { answerOverTCP } from "./answer_over_tcp.ts";
import { withSyslog } from "./syslog_process.ts";

const LIMIT_MS = 30_000;

type Message = Record<string, string | number>;

const ENDLESS = '[a="\\'.repeat(9000);

/** What is no message of either RFC, or hardly, and what is made of it. */
const ODD: [name: string, sent: string, expected: Message][] = [
  ["no priority", "plain text", { message: "plain text" }],
  ["a priority that is too high", "<192>x", { message: "<192>x" }],
  ["a priority with a zero before it", "<013>x", { message: "<013>x" }],
  ["a priority without end", "<13", { message: "<13" }],
  ["a priority alone", "<0>", { facility: 0, severity: "emerg", message: "" }],
  ["another version", "<13>2 - - - -", { message: "2 - - - -" }],
  ["nothing but dashes", "<13>1 - - - - - -", { message: "" }],
  ["data without end", '<13>1 - - - - - [a="]"', {
    message: '1 - - - - - [a="]"',
  }],
  ["an escaped quote", String.raw`<13>1 - - - - - [a b="\"\]"] x`, {
    data: String.raw`[a b="\"\]"]`,
    message: "x",
  }],
  ["two elements", String.raw`<13>1 - - - - - [a b="\]"][c] x`, {
    data: String.raw`[a b="\]"][c]`,
    message: "x",
  }],
  ["a forged line", '<13>x\r{"from":"me"}', { message: 'x\r{"from":"me"}' }],
  ["control characters", "<13>a: \x1b[2Jx", { app: "a", message: "\x1b[2Jx" }],
  ["data that never ends", `<13>1 - - - - - ${ENDLESS}`, {
    message: `1 - - - - - ${ENDLESS}`,
  }],
  ["many brackets", `<13>1 - - - - - ${"[]".repeat(20_000)}`, {
    data: "[]".repeat(20_000),
    message: "",
  }],
  ["many words", `<13>${"x ".repeat(20_000)}`, {
    message: "x ".repeat(20_000),
  }],
  ["a long word before a colon", `<13>${"x".repeat(40_000)}: `, {
    message: `${"x".repeat(40_000)}: `,
  }],
];

/** All that is printed of a message. */
const messageWith = (expected: Message): Message => ({
  ...{ from: "127.0.0.1:50000", facility: 1, severity: "notice" },
  ...expected,
});

/** What RFC 6587 does not allow, and the messages that come before it. */
const FRAMES: [name: string, sent: string, messages: string[]][] = [
  ["a length and a line by turns", "6 <13>a\n<13>b\n5 <13>c", ["a", "b", "c"]],
  ["a line without end", "<13>a\n<13>b", ["a", "b"]],
  ["NULs between messages", "<13>a\0<13>b\0\0", ["a", "b"]],
  ["empty lines", "\n\r\n\n<13>a\n", ["", "a"]],
  ["a length of 0", "0 <13>a\n", ["0 <13>a"]],
  ["a length that is too great", "65537 <13>a\n", []],
  ["a length of many digits", `${"9".repeat(400)} <13>a\n`, []],
  ["a length that is no number", "12a <13>a\n", []],
  ["a length in other digits", "1e1 <13>abcdef", []],
  ["half a byte", "6.5 <13>ab", []],
  ["a length without an end", "1".repeat(70_000), []],
  ["a length alone", "12", []],
  ["a message that is cut off", "5 <13>a100 <13>b", ["a"]],
  ["a line that is too long", `<13>a\n<13>${"x".repeat(70_000)}\n`, ["a"]],
];

/** Where no message can begin, whatever comes next. */
const NO_LENGTHS = ["65537", "9".repeat(400), "12a", "1e1", "1.5"];

/** The messages that are printed meanwhile. */
async function printedBy(
  body: () => Promise<unknown>,
): Promise<Message[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line) => lines.push(line);
  try {
    await body();
  } finally {
    console.log = log;
  }
  return lines.map((line) => JSON.parse(line));
}

Deno.test("logDatagram() takes any text", async (t) => {
  for (const [name, sent, expected] of ODD) {
    await t.step(name, async () => {
      const printed = await printedBy(() =>
        exchangeDatagram(logDatagram, sent)
      );
      assertEquals(printed, [messageWith(expected)]);
    });
  }
});

for (const chunkSize of [1, Infinity]) {
  Deno.test(`SyslogHandler.handle() takes any text, in pieces of ${chunkSize}`, async (t) => {
    for (const [name, sent, expected] of ODD) {
      await t.step(name, async () => {
        const printed = await printedBy(() =>
          exchange(SyslogHandler, `${sent}\n`, { chunkSize })
        );
        assertEquals(printed, [messageWith(expected)]);
      });
    }
  });

  Deno.test(`SyslogHandler.handle() ends where it finds no more messages, in pieces of ${chunkSize}`, async (t) => {
    for (const [name, sent, messages] of FRAMES) {
      await t.step(name, async () => {
        const printed = await printedBy(async () => {
          const options = { chunkSize };
          const answer = await answerInMemory(SyslogHandler, sent, options);
          assertEquals(answer.length, 0);
        });
        assertEquals(printed.map(({ message }) => message), messages);
      });
    }
  });
}

Deno.test("SyslogHandler.handle() ends at once where a length is none", async (t) => {
  for (const length of NO_LENGTHS) {
    await t.step(length.slice(0, 9), async () => {
      const printed = await printedBy(async () => {
        await using client = connect(SyslogHandler);
        await client.write(`5 <13>a1${length} <13>b`);
        await client.handled; // although the client has not said all
      });
      assertEquals(printed, [messageWith({ message: "a" })]);
    });
  }
});

Deno.test({
  name: "examples/syslog_server.ts takes any datagram",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withSyslog(async ({ address, message }) => {
      const own = { transport: "udp", hostname: "127.0.0.1", port: 0 } as const;
      const socket = Deno.listenDatagram(own);
      try {
        const { port } = socket.addr as Deno.NetAddr;
        for (const [name, sent, expected] of ODD) {
          const bytes = new TextEncoder().encode(sent);
          await socket.send(bytes, { transport: "udp", ...address });
          const from = `127.0.0.1:${port}`;
          assertEquals(
            await message(),
            { ...messageWith(expected), from },
            name,
          );
        }
      } finally {
        socket.close();
      }
    }),
});

Deno.test({
  name:
    "examples/syslog_server.ts closes where it finds no more messages, and serves the next client",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withSyslog(async (syslog) => {
      const texts = ODD.map(([name, sent, expected]) =>
        [name, `${sent}\n`, [messageWith(expected).message]] as const
      );
      for (const [name, sent, messages] of [...texts, ...FRAMES]) {
        for (const input of [sent, "<13>the next client\n"]) {
          const answer = await answerOverTCP(syslog, input);
          assertEquals(answer.length, 0);
        }
        for (const expected of [...messages, "the next client"]) {
          assertEquals((await syslog.message()).message, expected, name);
        }
      }
    }),
});

Deno.test({
  name: "examples/syslog_server.ts closes at once where a length is none",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withSyslog(async ({ address, message }) => {
      for (const length of NO_LENGTHS) {
        using client = await Deno.connect(address);
        const sent = `5 <13>a1${length} <13>b`;
        await client.write(new TextEncoder().encode(sent));
        const end = deadline(client.read(new Uint8Array(1)), LIMIT_MS);
        assertEquals(await end, null);
        assertEquals((await message()).message, "a");
      }
    }),
});
