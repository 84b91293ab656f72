import { assertEquals, assertObjectMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { needing, type Program } from "../fixtures/installed_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import {
  assertRefusesTakenPort,
  type ExampleProcess,
  withExampleProcess,
} from "./example_process.ts";

const LIMIT_MS = 30_000;
const NAME = "syslog_server.ts";
const PATH = "/tmp/syslog.sock"; // in the example's header

/** The example, with a Unix socket of its own. */
interface Syslog extends ExampleProcess {
  readonly path: string;
  /** The next message that it prints. */
  message(): Promise<Record<string, unknown>>;
}

async function withSyslog(body: (syslog: Syslog) => Promise<void>) {
  using folder = new TemporaryFolder();
  const path = `${folder.path}/syslog.sock`;
  await withExampleProcess(NAME, async (example) => {
    assertEquals(await example.nextLine(), `Listening on ${path}`);
    const message = async () => JSON.parse(await example.nextLine() ?? "null");
    await body({ ...example, path, message });
  }, { args: [path], replace: { [PATH]: path } });
}

/** Runs a client to its end. */
async function run(program: Program, args: string[]): Promise<void> {
  const client = new Deno.Command(program, { args });
  const { code, stderr } = await deadline(client.output(), LIMIT_MS);
  assertEquals(new TextDecoder().decode(stderr), "");
  assertEquals(code, 0);
}

const MESSAGE = "häuser: [all] \\ of 'them'";
const EXPECTED = {
  facility: 3,
  severity: "err",
  app: "app",
  process: "77",
  message: MESSAGE,
};
const hostname = Deno.hostname();

/** The options of logger, and what the message has besides. */
const LOGGER: [options: string, over: "network" | "unix", more: object][] = [
  ["-d --rfc5424", "network", { host: hostname }],
  ["-d --rfc3164", "network", { host: hostname }],
  ["-d --rfc5424=notime,notq,nohost", "network", {}],
  ["-T --rfc5424", "network", { host: hostname }],
  ["-T --rfc3164", "network", { host: hostname }],
  ["-T --octet-count", "network", { host: hostname }],
  ["-T --octet-count --rfc3164", "network", { host: hostname }],
  ['-T --rfc5424=notq --msgid ID47 --sd-id a@1 --sd-param x="y"', "network", {
    id: "ID47",
  }],
  ["", "unix", {}],
  ["--rfc5424", "unix", { host: hostname }],
  ["--rfc3164", "unix", { host: hostname }],
];

Deno.test(needing(["logger"], {
  name: "examples/syslog_server.ts takes what logger sends",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withSyslog(async ({ address, path, message }) => {
      for (const [options, over, more] of LOGGER) {
        const target = over === "unix"
          ? ["-u", path]
          : ["-n", address.hostname, "-P", `${address.port}`];
        const chosen = options === "" ? [] : options.split(" ");
        const about = ["-p", "daemon.err", "-t", "app", "--id=77", MESSAGE];
        await run("logger", [...target, ...chosen, ...about]);
        assertObjectMatch(await message(), { ...EXPECTED, ...more });
      }
    }),
}));

/** Sends three records over each of the transports. */
const PYTHON = `
import logging, logging.handlers, socket, sys
hostname, port, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
for address, kind in [((hostname, port), socket.SOCK_DGRAM),
                      ((hostname, port), socket.SOCK_STREAM),
                      (path, socket.SOCK_DGRAM)]:
    handler = logging.handlers.SysLogHandler(
        address, logging.handlers.SysLogHandler.LOG_DAEMON, kind)
    handler.setFormatter(logging.Formatter("app[77]: %(message)s"))
    logger = logging.getLogger(f"{address} {kind}")
    logger.addHandler(handler)
    for number in range(3):
        logger.error("%s%s", sys.argv[4], number)
    handler.close()
`;

Deno.test(needing(["python3"], {
  name: "examples/syslog_server.ts takes what Python's SysLogHandler sends",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withSyslog(async ({ address: { hostname, port }, path, message }) => {
      await run("python3", ["-c", PYTHON, hostname, `${port}`, path, MESSAGE]);
      const messages = [];
      for (let i = 0; i < 9; i++) messages.push(await message());
      const isFrom = (start: string) => ({ from }: Record<string, unknown>) =>
        `${from}`.startsWith(start);
      assertEquals(messages.filter(isFrom(hostname)).length, 6);
      assertEquals(messages.filter(isFrom("an unnamed Unix")).length, 3);
      for (const number of [0, 1, 2]) {
        const text = `${MESSAGE}${number}`;
        const same = messages.filter(({ message }) => message === text);
        assertEquals(same.length, 3);
        for (const one of same) {
          assertObjectMatch(one, { ...EXPECTED, message: text });
        }
      }
    }),
}));

/** What is no message of either RFC, or hardly, and what is made of it. */
const ODD: [name: string, sent: string, expected: object][] = [
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
  ["data that never ends", `<13>1 - - - - - ${'[a="\\'.repeat(9000)}`, {}],
  ["many brackets", `<13>1 - - - - - ${"[]".repeat(20_000)}`, {}],
  ["many words", `<13>${"x ".repeat(20_000)}`, {}],
  ["many words before a colon", `<13>${"x".repeat(40_000)}: `, {}],
];

/** Sends bytes over TCP, and reads to the end; half-closes unless told not to. */
async function overTCP(
  { address }: ExampleProcess,
  sent: string,
  isAll = true,
) {
  const client = await Deno.connect(address);
  const received = deadline(new Response(client.readable).bytes(), LIMIT_MS);
  const bytes = new TextEncoder().encode(sent);
  for (let at = 0; at < bytes.length;) {
    at += await client.write(bytes.subarray(at));
  }
  if (isAll) await client.closeWrite();
  assertEquals((await received).length, 0);
}

for (const transport of ["udp", "tcp"] as const) {
  Deno.test({
    name: `examples/syslog_server.ts takes any text over ${transport}`,
    ignore: Deno.build.os === "windows",
    fn: (t) =>
      withSyslog(async (syslog) => {
        const { address, message } = syslog;
        const local = {
          transport: "udp",
          hostname: "127.0.0.1",
          port: 0,
        } as const;
        const socket = Deno.listenDatagram(local);
        try {
          for (const [name, sent, expected] of ODD) {
            await t.step(name, async () => {
              if (transport === "tcp") await overTCP(syslog, `${sent}\n`);
              else {
                const bytes = new TextEncoder().encode(sent);
                await socket.send(bytes, { transport, ...address });
              }
              const usual = { facility: 1, severity: "notice" };
              assertObjectMatch(await message(), { ...usual, ...expected });
            });
          }
        } finally {
          socket.close();
        }
      }),
  });
}

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
  ["a length in other digits", "1e1 <13>a\n", []],
  ["a length without an end", "1".repeat(70_000), []],
  ["a length alone", "12", []],
  ["a message that is cut off", "5 <13>a100 <13>b", ["a"]],
  ["a line that is too long", `<13>a\n<13>${"x".repeat(70_000)}\n`, ["a"]],
];

Deno.test({
  name: "examples/syslog_server.ts closes where it finds no more messages",
  ignore: Deno.build.os === "windows",
  fn: (t) =>
    withSyslog(async (syslog) => {
      for (const [name, sent, messages] of FRAMES) {
        await t.step(name, async () => {
          await overTCP(syslog, sent);
          await overTCP(syslog, "<13>the next client\n");
          const found: unknown[] = [];
          for (
            let text;
            (text = (await syslog.message()).message) !== "the next client";
          ) {
            found.push(text);
          }
          assertEquals(found, messages);
        });
      }
    }),
});

Deno.test({
  name: "examples/syslog_server.ts closes at once where a length is none",
  ignore: Deno.build.os === "windows",
  fn: (t) =>
    withSyslog(async (syslog) => {
      for (const length of ["65537", "9".repeat(400), "12a", "1e", "0x1"]) {
        await t.step(length.slice(0, 9), async () => {
          await overTCP(syslog, `5 <13>a1${length} <13>b`, false);
          assertEquals((await syslog.message()).message, "a");
        });
      }
    }),
});

for (const transport of ["tcp", "udp"] as const) {
  Deno.test({
    name: `examples/syslog_server.ts names a ${transport} port that is taken`,
    ignore: Deno.build.os === "windows",
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/syslog.sock`;
      const replace = { [PATH]: path };
      await assertRefusesTakenPort(NAME, { transport, args: [path], replace });
    },
  });
}
