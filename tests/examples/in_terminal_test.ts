import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { flagsOf } from "../fixtures/example.ts";
import { needing } from "../fixtures/installed_program.ts";
import { answerOverTCP, textOverTCP } from "./answer_over_tcp.ts";
import type { ExampleProcess } from "./example_process.ts";
import {
  answer,
  CONNECT,
  GREETING,
  named,
  WELCOME,
} from "./socks5_messages.ts";

// In a terminal Deno asks whether a program may do what its flags do not allow,
// and nothing of it goes on until somebody has answered. No client may bring
// that about.

const LIMIT_MS = 30_000;

/** Runs an example in a terminal of its own, as its header says. */
async function inTerminal(
  name: string,
  allowed: Record<string, string>,
  body: (example: Pick<ExampleProcess, "address">) => Promise<void>,
): Promise<void> {
  const { pathname } = new URL(`../../examples/${name}`, import.meta.url);
  let flags = await flagsOf(name);
  for (const [from, to] of Object.entries(allowed)) {
    flags = flags.replace(from, to);
  }
  await using process = new Deno.Command("script", {
    args: [
      "-qfec",
      `exec "${Deno.execPath()}" run ${flags} "${pathname}" 0`,
      "/dev/null",
    ],
    stdin: "piped", // which stays open, and says nothing
    stdout: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  let said = "";
  const port = Promise.withResolvers<number>();
  const output = process.stdout.pipeThrough(new TextDecoderStream())
    .pipeTo(
      new WritableStream({
        write: (text) => {
          const found = /Listening on .*:(\d+)\s/.exec(said += text);
          if (found) port.resolve(Number(found[1]));
        },
      }),
    );
  const address = {
    hostname: "127.0.0.1",
    port: await deadline(port.promise, LIMIT_MS),
  };
  await body({ address });
  const keyboard = process.stdin.getWriter();
  await keyboard.write(Uint8Array.of(3)); // Ctrl-C
  await keyboard.close();
  await deadline(Promise.all([output, process.status]), LIMIT_MS);
  assertEquals(said.includes("Allow?"), false, said);
}

Deno.test(needing(["script"], {
  name: "examples/http_server.ts asks nobody when a client leaves its folder",
  fn: () =>
    inTerminal("http_server.ts", {
      "--allow-read=examples": `--allow-read=${
        new URL("../../examples", import.meta.url).pathname
      }`,
    }, async (example) => {
      for (const [path, status] of [["/..%2fREADME.md", 404], ["/", 404]]) {
        const request = `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;
        const answered = await textOverTCP(example, request);
        assertMatch(answered, new RegExp(`^HTTP/1.1 ${status} `));
      }
    }),
}));

Deno.test(needing(["script"], {
  name:
    "examples/socks5_proxy.ts asks nobody when a client wants to go elsewhere",
  fn: () =>
    inTerminal("socks5_proxy.ts", {
      "--allow-net": "--allow-net=127.0.0.1",
    }, async (example) => {
      const to = named("192.0.2.1", 80);
      const input = Uint8Array.of(...GREETING, ...CONNECT, ...to);
      const answered = await answerOverTCP(example, input);
      assertEquals([...answered], [...WELCOME, ...answer(2)]);
    }),
}));
