import { assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TextLineStream } from "@std/streams/text-line-stream";

const LIMIT_MS = 30_000;
const EXAMPLE = new URL("../../examples/forking_sandbox.ts", import.meta.url);

/** Starts the example as its header says. */
async function start(): Promise<Deno.ChildProcess> {
  const source = await Deno.readTextFile(EXAMPLE);
  const command = source.match(/^\/\/ +deno run (.*) examples\/(\S+)$/m);
  assertEquals(command?.[2], "forking_sandbox.ts");
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...command![1]!.split(" "), EXAMPLE.href, "0"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
}

async function ask(port: number, name: string): Promise<string> {
  const client = await Deno.connect({ hostname: "127.0.0.1", port });
  await client.write(new TextEncoder().encode(`${name}\n`));
  await client.closeWrite();
  return await deadline(new Response(client.readable).text(), LIMIT_MS);
}

Deno.test("examples/forking_sandbox.ts serves files of its folder, and nothing outside it", async () => {
  const process = await start();
  const printed = new Response(process.stderr).text();
  const lines = process.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream())
    .getReader();
  try {
    const { value } = await deadline(lines.read(), LIMIT_MS);
    const port = Number(value?.match(/^Listening on .*:(\d+)$/)?.[1]);
    const source = await Deno.readTextFile(EXAMPLE);
    assertEquals(await ask(port, "forking_sandbox.ts"), source);
    assertEquals(await ask(port, "../README.md"), "");
    assertEquals(await ask(port, "/etc/passwd"), "");
    assertEquals(await ask(port, "forking_sandbox.ts"), source);
  } finally {
    process.kill("SIGKILL");
    await process.status;
    await lines.cancel();
  }
  assertMatch(
    await printed,
    /NotCapable: Requires read access to .*README\.md/,
  );
});
