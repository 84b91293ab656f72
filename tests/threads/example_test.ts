import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { ChildProgram } from "../fixtures/child_program.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { allowReadOf } from "../fixtures/module_permissions.ts";

const ROOT = new URL("../../", import.meta.url);
const EXAMPLE = new URL("examples/threading_cpu.ts", ROOT);

/** The flags in the example's header, with the paths that they stand for. */
async function flags(): Promise<string[]> {
  const source = await Deno.readTextFile(EXAMPLE);
  const command = source.match(
    /^\/\/ +deno run (--allow-net=\S+) --allow-read=(\S+) examples\/\S+$/m,
  );
  const [, net, read] = command!;
  const paths = read!.split(",").map((path) =>
    fileURLToPath(new URL(path, ROOT))
  );
  return [net!, allowReadOf(...paths)];
}

Deno.test("examples/threading_cpu.ts counts primes on two threads", async () => {
  await using example = new ChildProgram(
    Deno.execPath(),
    "run",
    "--no-prompt",
    ...await flags(),
    fileURLToPath(EXAMPLE),
    "0",
  );
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
});
