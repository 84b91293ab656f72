import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { toText } from "@std/streams/to-text";
import { needing } from "../fixtures/installed_program.ts";
import {
  assertRefusesTakenPort,
  type ExampleProcess,
  withExampleProcess,
} from "./example_process.ts";

const LIMIT_MS = 60_000;
const NAME = "redis_server.ts";

/** What a program prints that is given the server's port. */
async function talk(
  { address }: ExampleProcess,
  program: "redis-cli" | "redis-benchmark",
  args: string[],
  input = "",
): Promise<string> {
  const client = new Deno.Command(program, {
    args: ["-p", `${address.port}`, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const printed = deadline(toText(client.stdout), LIMIT_MS);
  await new Blob([input]).stream().pipeTo(client.stdin);
  const text = await printed;
  assertEquals((await client.status).code, 0);
  return text;
}

const COMMANDS = String.raw`
ping
ping "hello there"
echo "any \x00\xff\r\n bytes"
set key "\x00\xff"
get key
get none
set n 41
incr n
set word abc
incr word
set n 9223372036854775807
incr n
ttl n
ttl none
expire n 50
ttl n
expire none 50
expire n x
expire n -1
exists n
set a 3 ex 100
ttl a
get a
set a 4 px
set a 5 nx
set a 5 px 0
exists a key none a
set user:1 x
set user:2 y
del user:1 none
keys user:*
keys user
get
bogus
`.trim();

const ANSWERS = String.raw`
PONG
"hello there"
"any \x00\xff\r\n bytes"
OK
"\x00\xff"
(nil)
OK
(integer) 42
OK
(error) ERR value is not an integer or out of range
OK
(error) ERR value is not an integer or out of range
(integer) -1
(integer) -2
(integer) 1
(integer) 50
(integer) 0
(error) ERR value is not an integer or out of range
(integer) 1
(integer) 0
OK
(integer) 100
"3"
(error) ERR syntax error
(error) ERR syntax error
(error) ERR syntax error
(integer) 3
OK
OK
(integer) 1
1) "user:2"
(empty array)
(error) ERR wrong number of arguments for 'get' command
(error) ERR unknown command 'bogus'
`.trim().split("\n");

Deno.test(needing(["redis-cli"], {
  name: "examples/redis_server.ts answers redis-cli",
  fn: () =>
    withExampleProcess(NAME, async (example) => {
      const text = await talk(example, "redis-cli", ["--no-raw"], COMMANDS);
      const lines = text.split("\n").filter((line) => line !== "");
      assertEquals(lines, ANSWERS);
      const info = await talk(example, "redis-cli", ["info"]);
      assertMatch(info, /^# Keyspace\r\ndb0:keys=\d+\r\n/);
    }),
}));

Deno.test(needing(["redis-cli"], {
  name: "examples/redis_server.ts forgets a key when its time is over",
  fn: () =>
    withExampleProcess(NAME, async (example) => {
      const set = ["set", "key", "value", "px", "1"];
      assertEquals(await talk(example, "redis-cli", set), "OK\n");
      // The next program takes longer than that to start.
      assertEquals(await talk(example, "redis-cli", ["keys", "*"]), "\n");
      assertEquals(await talk(example, "redis-cli", ["exists", "key"]), "0\n");
    }),
}));

Deno.test(needing(["redis-cli"], {
  name: "examples/redis_server.ts takes what redis-cli --pipe sends at once",
  fn: () =>
    withExampleProcess(NAME, async (example) => {
      const incr = "*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n";
      const input = incr.repeat(100_000);
      const text = await talk(example, "redis-cli", ["--pipe"], input);
      assertMatch(text, /errors: 0, replies: 100000/);
      assertEquals(await talk(example, "redis-cli", ["get", "n"]), "100000\n");
    }),
}));

for (const pipelined of ["1", "16"]) {
  Deno.test(needing(["redis-benchmark"], {
    name: `examples/redis_server.ts serves redis-benchmark -P ${pipelined}`,
    fn: () =>
      withExampleProcess(NAME, async (example) => {
        const args = "-t ping,set,get,incr -c 50 -n 10000 --csv -P".split(" ")
          .concat(pipelined);
        const text = await talk(example, "redis-benchmark", args);
        const rates = [...text.matchAll(/^"([A-Z_]+)","([\d.]+)"/gm)];
        assertEquals(
          rates.map(([, name]) => name),
          ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR"],
        );
        assert(rates.every(([, , rate]) => Number(rate) > 0), text);
        const counted = ["get", "counter:__rand_int__"];
        assertEquals(await talk(example, "redis-cli", counted), "10000\n");
      }),
  }));
}

Deno.test("examples/redis_server.ts sends the answers to one pipeline together", () =>
  withExampleProcess(NAME, async ({ address }) => {
    using client = await Deno.connect(address);
    await client.write(new TextEncoder().encode("PING\r\n".repeat(10) + "PI"));
    const buffer = new Uint8Array(65_536);
    const length = await deadline(client.read(buffer), LIMIT_MS);
    assertEquals(length, "+PONG\r\n".length * 10);
  }));

Deno.test("examples/redis_server.ts ends although clients are silent", () =>
  withExampleProcess(NAME, async ({ address, stop }) => {
    using silent = await Deno.connect(address);
    using halfway = await Deno.connect(address);
    await halfway.write(new TextEncoder().encode("PING\r\n*1\r\n$4\r\n"));
    await silent.write(new TextEncoder().encode("PING\r\n"));
    for (const client of [silent, halfway]) {
      const pong = "+PONG\r\n".length;
      assertEquals(await client.read(new Uint8Array(100)), pong);
    }
    assertEquals(await stop("SIGTERM"), 0);
  }));

Deno.test("examples/redis_server.ts names a port that is taken", () =>
  assertRefusesTakenPort(NAME));
