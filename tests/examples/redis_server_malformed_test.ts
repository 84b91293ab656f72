import { assertEquals } from "@std/assert";
import { RedisHandler, RedisServer } from "../../examples/redis_server.ts";
import { answerInMemory } from "./answer_in_memory.ts";
import { textOverTCP } from "./answer_over_tcp.ts";
import { withExampleProcess } from "./example_process.ts";

const error = (text: string) => `-ERR Protocol error: ${text}\r\n`;

/** What is wrong, what is sent, and what is answered before the end. */
const MALFORMED: [name: string, sent: string, answer: string][] = [
  ["a length that is no number", "*x\r\n", error("invalid length after *")],
  ["a negative length", "*-1\r\n", error("invalid length after *")],
  ["too many words", "*1000000\r\n", error("invalid length after *")],
  [
    "a huge length",
    `*${"9".repeat(400)}\r\n`,
    error("invalid length after *"),
  ],
  ["a word without $", "*1\r\n:4\r\nPING\r\n", error("invalid length after $")],
  [
    "a word of no length",
    "*1\r\n$\r\nPING\r\n",
    error("invalid length after $"),
  ],
  ["a negative word", "*1\r\n$-1\r\n", error("invalid length after $")],
  ["a huge word", "*1\r\n$300000\r\n", error("invalid length after $")],
  [
    "words that are too long together",
    `*3\r\n${`$100000\r\n${"x".repeat(100_000)}\r\n`.repeat(2)}$100000\r\n`,
    error("invalid length after $"),
  ],
  [
    "a word longer than it says",
    "*2\r\n$4\r\nECHO\r\n$1\r\nabc\r\n",
    error("expected CRLF"),
  ],
  ["a line without end", "x".repeat(200_000), ""],
  ["a word cut off", "*1\r\n$4\r\nPI", ""],
  ["a command cut off", "*2\r\n$4\r\nECHO\r\n", ""],
  ["a line cut off", "SET key value", ""],
  [
    "bytes of another protocol",
    "\x16\x03\x01\x02\n",
    "-ERR unknown command '????'\r\n",
  ],
  [
    "answers in a name",
    "*1\r\n$5\r\n\r\n+OK\r\n",
    "-ERR unknown command '??+OK'\r\n",
  ],
  [
    "the name of a method",
    "constructor\r\n",
    "-ERR unknown command 'constructor'\r\n",
  ],
  ["no words", "*0\r\n\r\n*1\r\n$0\r\n\r\n", "-ERR unknown command ''\r\n"],
];

/** A server that does not listen, for what handlers find in `this.server`. */
const serverInMemory = () =>
  new RedisServer({ hostname: "127.0.0.1", port: 0 }, RedisHandler, {
    bindAndActivate: false,
  });

for (const chunkSize of [1, Infinity]) {
  Deno.test(`RedisHandler.handle() refuses what is malformed, in pieces of ${chunkSize}`, async (t) => {
    for (const [name, sent, answer] of MALFORMED) {
      await t.step(name, async () => {
        const server = serverInMemory();
        const received = await answerInMemory(
          RedisHandler,
          `PING\r\n${sent}`,
          { server, chunkSize },
        );
        const text = new TextDecoder().decode(received);
        assertEquals(text, `+PONG\r\n${answer}`);
        assertEquals(server.store.size, 0);
      });
    }
  });
}

Deno.test("examples/redis_server.ts refuses what is malformed, and serves the next client", () =>
  withExampleProcess("redis_server.ts", async (example) => {
    for (const [name, sent, answer] of MALFORMED) {
      const received = await textOverTCP(example, `PING\r\n${sent}`);
      assertEquals(received, `+PONG\r\n${answer}`, name);
      assertEquals(await textOverTCP(example, "GET key\r\n"), "$-1\r\n", name);
    }
  }));
