import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChildProgram } from "../fixtures/child_program.ts";
import { python } from "../fixtures/clients/python.ts";
import { needing } from "../fixtures/installed_program.ts";

const PAGE = new URL("../../examples/from_python.md", import.meta.url);
const SENT = "hello world with Python";
const ANSWER = `Sent:     ${SENT}\nReceived: ${SENT.toUpperCase()}\n`;
const LANGUAGES = ["python", "ts"] as const;

type Language = typeof LANGUAGES[number];

const page = await Deno.readTextFile(PAGE);

/** The program below a heading, in one of both languages. */
function programBelow(heading: string, language: Language): string {
  const [, part] = page.split(`\n## ${heading}\n`);
  assert(part !== undefined, `There is no heading ${heading}`);
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, "ms").exec(part)![1]!;
}

/** What makes a program take a free port, and tell which. */
const TELLING = {
  python: (program: string) =>
    program.replace('PORT = "localhost", 9999', 'PORT = "localhost", 0')
      .replace(
        /server\.(serve_forever|handle_request)\(\)/,
        "print(server.server_address[1]); $&",
      ),
  ts: (program: string) =>
    program.replace("port = 9999", "port = 0").replace(
      /await server\.(serveForever|handleRequest)\(\);/,
      "console.log(server.serverAddress.port);\n  $&",
    ),
};

const COMMANDS = {
  python: ["python3", "-u"],
  ts: [Deno.execPath(), "run", "--quiet", "--unstable-net", "-A"],
};

/**
 * Runs a program of the page. A deno.json is found above it, by the children
 * that load it as well.
 */
async function withProgram(
  heading: string,
  language: Language,
  body: (program: ChildProgram) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: import.meta.dirname! });
  try {
    const path = `${folder}/program.${language}`;
    const program = TELLING[language](programBelow(heading, language));
    await Deno.writeTextFile(path, program);
    await using running = new ChildProgram(...COMMANDS[language], path);
    await body(running);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const asked = (kind: string, port: string, words = SENT) =>
  python("documented_clients.py", kind, "127.0.0.1", port, words);

/** What a program does is the same in both languages. */
function both(
  heading: string,
  does: string,
  body: (program: ChildProgram, language: Language) => Promise<void>,
): void {
  for (const language of LANGUAGES) {
    Deno.test(needing(["python3"], {
      name: `examples/from_python.md, ${heading} (${language}), ${does}`,
      fn: () =>
        withProgram(heading, language, (program) => body(program, language)),
    }));
  }
}

/** A line that a program prints, where Python writes text in bytes as b'…'. */
async function printed(program: ChildProgram): Promise<string | undefined> {
  return (await program.line())?.replace(/^b'(.*)'$/, "$1");
}

for (const heading of ["TCP", "TCP, with streams"]) {
  both(heading, "answers Python's clients", async (program) => {
    const port = await program.line();
    for (const kind of ["tcp", "tcp-create"]) {
      assertEquals(await asked(kind, port!), ANSWER);
      assertEquals(await printed(program), "127.0.0.1 wrote:");
      assertEquals(await printed(program), SENT);
    }
  });
}

both("UDP", "answers Python's client", async (program) => {
  const port = await program.line();
  assertEquals(await asked("udp", port!), ANSWER);
  assertEquals(await printed(program), "127.0.0.1 wrote:");
  assertEquals(await printed(program), SENT);
});

both("Threads", "talks to itself, and ends", async (program) => {
  for (const number of [1, 2, 3]) {
    assertMatch(
      (await program.line())!,
      new RegExp(`^Received: [^:]+: Hello World ${number}$`),
    );
  }
  assertEquals((await program.ended()).code, 0);
});

both("`handle_error()`", "tells of what fails", async (program, language) => {
  const port = await program.line();
  assertEquals(await asked("tcp", port!, "21"), "Sent:     21\nReceived: 42\n");
  assertEquals(await asked("tcp", port!, "x"), "Sent:     x\nReceived: \n");
  const name = language === "python" ? "ValueError" : "SyntaxError";
  assertEquals(await program.line(), `Failed: ${name}`);
});

both("`timeout`", "serves who comes in time", async (program) => {
  const port = await program.line();
  assertMatch(await asked("tcp", port!), /^Received: hello$/m);
  assertEquals(await program.line(), undefined);
});

both("`timeout`", "ends if nobody comes", async (program) => {
  await program.line();
  assertEquals(await program.line(), "Nobody has come");
});

both("Forking", "gives each client a process", async (program) => {
  const port = await program.line();
  const processes = new Set<string>();
  for (const _ of Array(2)) {
    const [, id, text] = /^Received: (\d+): (.*)$/m
      .exec(await asked("tcp", port!))!;
    processes.add(id!);
    assertEquals(text, SENT);
  }
  assertEquals(processes.size, 2);
});

Deno.test("examples/from_python.md has no cast", () => {
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)];
  assertEquals(blocks.length, page.split("\n```python\n").length - 1);
  for (const [, code] of blocks) {
    assertEquals(/\bas\b|\bany\b/.exec(code!), null);
  }
});
