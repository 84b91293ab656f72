import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { ChildProgram } from "../fixtures/child_program.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { allowReadOf } from "../fixtures/module_permissions.ts";

const ROOT = new URL("../../", import.meta.url);
const EXAMPLE = new URL("examples/threading_cpu.ts", ROOT);

/** The permissions that the example's header names. */
async function permissions(): Promise<{ net: string; read: string[] }> {
  const source = await Deno.readTextFile(EXAMPLE);
  const command = source.match(
    /^\/\/ +deno run (--allow-net=\S+) --allow-read=(\S+) examples\/\S+$/m,
  );
  const [, net, read] = command!;
  const paths = read!.split(",").map((path) =>
    fileURLToPath(new URL(path, ROOT))
  );
  return { net: net!, read: paths };
}

function start(...args: string[]): ChildProgram {
  const path = fileURLToPath(EXAMPLE);
  return new ChildProgram(Deno.execPath(), "run", ...args, path, "0");
}

/** Asserts that the example counts primes, on as many threads as it can. */
async function assertCounting(example: ChildProgram): Promise<void> {
  const port = Number(
    (await example.line())?.match(/^Listening on .*:(\d+)$/)?.[1],
  );
  const serverAddress = {
    transport: "tcp",
    hostname: "127.0.0.1",
    port,
  } as const;
  using first = await LineClient.connect({ serverAddress });
  using second = await LineClient.connect({ serverAddress });
  await first.send("1000000");
  await second.send("1000000");
  const answers = [await first.line(), await second.line()].map((answer) =>
    answer?.match(/^(\d+) primes, counted by thread (\w+) in \d+ ms$/)
  );
  for (const answer of answers) assertEquals(answer?.[1], "78498");
  const [one, other] = answers.map((answer) => answer?.[2]);
  assertEquals(one !== other, navigator.hardwareConcurrency > 1);
  assert(await first.ask("2") !== null);
}

Deno.test("examples/threading_cpu.ts counts primes on two threads", async () => {
  const { net, read } = await permissions();
  await using example = start("--no-prompt", net, allowReadOf(...read));
  await assertCounting(example);
});

Deno.test({
  name: ".ci/deno.ts runs examples/threading_cpu.ts with its header's flags",
  ignore: Deno.build.os === "windows", // where the example would outlive it
  async fn() {
    const { net, read } = await permissions();
    const runner = fileURLToPath(new URL(".ci/deno.ts", ROOT));
    const args = ["run", "--no-prompt", net, `--allow-read=${read}`];
    await using example = start("-A", runner, ...args);
    try {
      await assertCounting(example);
    } finally {
      example.kill("SIGTERM"); // which it passes on
      await example.ended();
    }
  },
});
