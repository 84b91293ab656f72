import { assertEquals, assertObjectMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { needing, type Program } from "../fixtures/installed_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { assertRefusesTakenPort } from "./example_process.ts";
import { NAME, PATH, withSyslog } from "./syslog_process.ts";

const LIMIT_MS = 30_000;
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
