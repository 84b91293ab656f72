import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { tlsTest } from "./tls_authority.ts";

const LIMIT_MS = 120_000;
const STRINGS = 20_000;
/** Set it to the number of strings: 100000 take half a minute. */
const STRINGS_VARIABLE = "SOCKETSERVER_TLS_STRINGS";
const MOST_MEGABYTES = 400;

tlsTest(
  `TlsAcceptor.accept() survives ${STRINGS} strings of bytes, and serves on`,
  async (authority) => {
    const one = await authority.issue("one");
    const two = await authority.issue("two");
    const optional = "optional";
    const options = [
      { cert: one.cert, key: one.key },
      {
        cert: one.cert,
        key: one.key,
        ca: authority.own.cert,
        clientCertificate: optional,
        serverNames: { "two.test": { cert: two.cert, key: two.key } },
        alpnProtocols: ["h2"],
      },
    ];
    const count = Number(Deno.env.get(STRINGS_VARIABLE) ?? STRINGS);
    const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
    const path =
      `${import.meta.dirname}/../fixtures/programs/fuzzed_acceptors.ts`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--v8-flags=--expose-gc", path]
        .concat(
          `${count}`,
          `${seed}`,
          JSON.stringify([options, authority.own.cert]),
        ),
      stdin: "null",
      stderr: "inherit",
    }).output();
    const { code, stdout } = await deadline(child, LIMIT_MS);
    const printed = new TextDecoder().decode(stdout);
    assertEquals(code, 0, printed);
    const [line, ...unexpected] = printed.trim().split("\n").reverse();
    assertEquals(unexpected, []);
    const { outcomes, served, megabytes } = JSON.parse(line!);
    assertEquals(served, 2 * Math.ceil(count / 2_000));
    assert(megabytes < MOST_MEGABYTES, `${megabytes}`);
    assert(outcomes.InvalidData > count / 4, line); // it is a third
    assert(outcomes.UnexpectedEof > count / 100, line);
  },
);
