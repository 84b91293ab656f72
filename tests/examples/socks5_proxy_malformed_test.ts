import { connect, exchange } from "@socketserver/socketserver/testing";
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { Socks5Handler } from "../../examples/socks5_proxy.ts";
import { answerOverTCP } from "./answer_over_tcp.ts";
import { withExampleProcess } from "./example_process.ts";
import {
  answer,
  CONNECT,
  GREETING,
  named,
  WELCOME,
} from "./socks5_messages.ts";

const LIMIT_MS = 30_000;

const TO = [1, 127, 0, 0, 1, 0, 1]; // where nobody listens

/** What a client may send that is wrong, and the whole answer. */
const WRONG: Record<string, [sent: number[], answer: number[]]> = {
  "nothing": [[], []],
  "SOCKS4": [[4, 1, 0, 80, 127, 0, 0, 1, 0], []],
  "HTTP": [[...new TextEncoder().encode("CONNECT a:80 HTTP/1.1\r\n\r\n")], []],
  "a greeting cut off": [[5, 3, 0], []],
  "no method": [[5, 0], [5, 255]],
  "passwords alone": [[5, 1, 2], [5, 255]],
  "no request": [GREETING, [...WELCOME, ...answer(1)]],
  "a request cut off": [[...GREETING, 5, 1, 0, 1, 127], [
    ...WELCOME,
    ...answer(1),
  ]],
  "a name cut off": [
    [...GREETING, ...CONNECT, 3, 9, 97],
    [...WELCOME, ...answer(1)],
  ],
  "another version in the request": [
    [...GREETING, 4, 1, 0, ...TO],
    [...WELCOME, ...answer(1)],
  ],
  "BIND": [[...GREETING, 5, 2, 0, ...TO], [...WELCOME, ...answer(7)]],
  "UDP": [[...GREETING, 5, 3, 0, ...TO], [...WELCOME, ...answer(7)]],
  "no command": [[...GREETING, 5, 0, 0, ...TO], [...WELCOME, ...answer(7)]],
  "an address of a kind that does not exist": [
    [...GREETING, ...CONNECT, 2, 1, 2, 3, 4, 0, 80],
    [...WELCOME, ...answer(8)],
  ],
};

/** Where a client may want to go, and how it learns that nobody is there. */
const NOWHERE: typeof WRONG = {
  "port 0": [
    [...GREETING, ...CONNECT, 1, 127, 0, 0, 1, 0, 0],
    [...WELCOME, ...answer(1)],
  ],
  "a port where nobody listens": [
    [...GREETING, ...CONNECT, ...TO],
    [...WELCOME, ...answer(5)],
  ],
  "an empty name": [
    [...GREETING, ...CONNECT, ...named("", 80)],
    [...WELCOME, ...answer(4)],
  ],
  "a name that is none": [
    [...GREETING, ...CONNECT, ...named("a b\0\r\n", 80)],
    [...WELCOME, ...answer(4)],
  ],
  "a name that is no UTF-8": [
    [...GREETING, ...CONNECT, 3, 2, 0xff, 0xfe, 0, 80],
    [...WELCOME, ...answer(4)],
  ],
  "a name that nobody has": [
    [...GREETING, ...CONNECT, ...named("nobody.invalid", 80)],
    [...WELCOME, ...answer(4)],
  ],
};

for (const chunkSize of [1, Infinity]) {
  Deno.test(`Socks5Handler.handle() refuses what is wrong, in pieces of ${chunkSize}`, async (t) => {
    for (const [what, [sent, wanted]] of Object.entries(WRONG)) {
      await t.step(what, async () => {
        const input = Uint8Array.from(sent);
        const received = await exchange(Socks5Handler, input, { chunkSize });
        assertEquals([...received], wanted);
      });
    }
  });
}

Deno.test("Socks5Handler.handle() leaves no connection open for a client that has vanished", async () => {
  using target = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using client = connect(Socks5Handler);
  await client.write(Uint8Array.from(GREETING));
  assertEquals([...await client.readExactly(2) ?? []], WELCOME);
  const to = named("127.0.0.1", target.addr.port);
  await client.write(Uint8Array.of(...CONNECT, ...to));
  client.reset(); // what it has sent before is still read
  using upstream = await deadline(target.accept(), LIMIT_MS);
  const { name } = Deno.errors.ConnectionReset;
  assertEquals(await client.handled.catch((error) => error.name), name);
  const end = upstream.read(new Uint8Array(1));
  assertEquals(await deadline(end, LIMIT_MS), null);
});

Deno.test("examples/socks5_proxy.ts refuses what is wrong, and serves the next client", () =>
  withExampleProcess("socks5_proxy.ts", async (example) => {
    for (
      const [what, [sent, wanted]] of Object.entries({ ...WRONG, ...NOWHERE })
    ) {
      const received = await answerOverTCP(example, Uint8Array.from(sent));
      assertEquals([...received], wanted, what);
    }
    using target = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const to = named("127.0.0.1", target.addr.port);
    const input = Uint8Array.of(...GREETING, ...CONNECT, ...to, 9);
    const answered = answerOverTCP(example, input);
    using upstream = await deadline(target.accept(), LIMIT_MS);
    assertEquals(await upstream.read(new Uint8Array(9)), 1);
    await upstream.closeWrite();
    assertEquals([...await answered], [...WELCOME, ...answer(0)]);
  }));
