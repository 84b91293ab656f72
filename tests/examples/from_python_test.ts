import { assert, assertEquals, assertMatch } from "@std/assert";
import { ChildProgram } from "../fixtures/child_program.ts";
import { python } from "../fixtures/clients/python.ts";
import { needing } from "../fixtures/installed_program.ts";

const PAGE = new URL("../../examples/from_python.md", import.meta.url);
const SENT = "hello world with Python";
const ANSWER = `Sent:     ${SENT}\nReceived: ${SENT.toUpperCase()}\n`;
const WROTE = /^127\.0\.0\.1:\d+ wrote:$/;

const page = await Deno.readTextFile(PAGE);

/** The program for Deno below a heading. */
function programBelow(heading: string): string {
  const [, part] = page.split(`\n## ${heading}\n`);
  assert(part !== undefined, `There is no heading ${heading}`);
  return /^```ts\n(.*?)^```$/ms.exec(part)![1]!;
}

/**
 * Runs a program of the page, on a free port of which it tells. A deno.json is
 * found above it, by the children that load it as well.
 */
async function withProgram(
  heading: string,
  body: (program: ChildProgram, port: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ dir: import.meta.dirname! });
  try {
    const path = `${folder}/program.ts`;
    const told = programBelow(heading)
      .replace("port = 9999", "port = 0")
      .replace(
        /await server\.(serveForever|handleRequest)\(\);/,
        "console.log(server.serverAddress.port);\n  $&",
      );
    await Deno.writeTextFile(path, told);
    const flags = ["--quiet", "--unstable-net", "-A"];
    await using program = new ChildProgram(
      ...[Deno.execPath(), "run", ...flags, path],
    );
    const port = await program.line();
    await body(program, port!);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const asked = (kind: string, port: string, words = SENT) =>
  python("documented_clients.py", kind, "127.0.0.1", port, words);

for (const heading of ["TCP", "TCP, with streams"]) {
  Deno.test(needing(["python3"], {
    name: `examples/from_python.md, ${heading}, answers Python's clients`,
    fn: () =>
      withProgram(heading, async (program, port) => {
        for (const kind of ["tcp", "tcp-create"]) {
          assertEquals(await asked(kind, port), ANSWER);
          assertMatch((await program.line())!, WROTE);
          assertEquals(await program.line(), SENT);
        }
      }),
  }));
}

Deno.test(needing(["python3"], {
  name: "examples/from_python.md, UDP, answers Python's client",
  fn: () =>
    withProgram("UDP", async (program, port) => {
      assertEquals(await asked("udp", port), ANSWER);
      assertMatch((await program.line())!, WROTE);
      assertEquals(await program.line(), SENT);
    }),
}));

Deno.test("examples/from_python.md, Threads, talks to itself, and ends", () =>
  withProgram("Threads", async (program, first) => {
    const lines = [first, await program.line(), await program.line()];
    for (const [index, line] of lines.entries()) {
      assertMatch(
        line!,
        new RegExp(`^Received: \\w+: Hello World ${index + 1}$`),
      );
    }
    assertEquals((await program.ended()).code, 0);
  }));

Deno.test(needing(["python3"], {
  name: "examples/from_python.md, handle_error(), tells of what fails",
  fn: () =>
    withProgram("`handle_error()`", async (program, port) => {
      const doubled = await asked("tcp", port, "21");
      assertEquals(doubled, "Sent:     21\nReceived: 42\n");
      assertEquals(await asked("tcp", port, "x"), "Sent:     x\nReceived: \n");
      assertEquals(await program.line(), "Failed: SyntaxError");
    }),
}));

Deno.test(needing(["python3"], {
  name: "examples/from_python.md, timeout, serves who comes in time",
  fn: () =>
    withProgram("`timeout`", async (program, port) => {
      assertMatch(await asked("tcp", port), /^Received: hello$/m);
      assertEquals(await program.line(), undefined);
    }),
}));

Deno.test("examples/from_python.md, timeout, ends if nobody comes", () =>
  withProgram("`timeout`", async (program) => {
    assertEquals(await program.line(), "Nobody has come");
  }));

Deno.test(needing(["python3"], {
  name: "examples/from_python.md, Forking, gives each client a process",
  fn: () =>
    withProgram("Forking", async (_program, port) => {
      const processes = new Set<string>();
      for (const _ of Array(2)) {
        const [, id, text] = /^Received: (\d+): (.*)$/m
          .exec(await asked("tcp", port))!;
        processes.add(id!);
        assertEquals(text, SENT);
      }
      assertEquals(processes.size, 2);
    }),
}));

Deno.test("examples/from_python.md has no cast", () => {
  const blocks = [...page.matchAll(/^```ts\n(.*?)^```$/gms)];
  assertEquals(blocks.length, page.split("\n```python\n").length - 1);
  for (const [, code] of blocks) {
    assertEquals(/\bas\b|\bany\b/.exec(code!), null);
  }
});
