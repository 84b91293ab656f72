import { assert, assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { ChildProgram } from "./fixtures/child_program.ts";
import { Dialogue } from "./fixtures/clients/dialogue.ts";
import { TemporaryFolder } from "./fixtures/temporary_folder.ts";

const CLIENTS = 20;
const ROOT = new URL("../", import.meta.url);

/**
 * The program of the README, on a free port, which it tells. If it waited for the
 * silent clients, it would wait for ever.
 */
async function programOf(heading: string): Promise<string> {
  const page = await Deno.readTextFile(new URL("README.md", ROOT));
  const section = page.split(`\n## ${heading}\n`)[1];
  const program = section?.match(/```ts\n(.*?)```/s)?.[1];
  assert(program !== undefined, `No program at ${heading}`);
  return program
    .replace("{ port: 8000 }", '{ hostname: "127.0.0.1", port: 0 }')
    .replace("drainTimeout: 20,", "")
    .replace("await server.serve", "console.log(server.serverAddress.port);$&");
}

Deno.test({
  name:
    "README's server on the open internet refuses, answers, and ends on SIGTERM",
  ignore: Deno.build.os === "windows", // which has no SIGTERM
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/server.ts`;
    await Deno.writeTextFile(path, await programOf("On the open internet"));
    await using program = new ChildProgram(
      Deno.execPath(),
      "run",
      `--config=${fileURLToPath(new URL("deno.json", ROOT))}`,
      "--allow-net=127.0.0.1",
      "--no-prompt",
      path,
    );
    const port = Number(await program.line());
    await using clients = new AsyncDisposableStack();
    const connect = async () => {
      const connection = await Deno.connect({ hostname: "127.0.0.1", port });
      return clients.use(new Dialogue(connection));
    };

    const silent: Dialogue[] = [];
    for (let i = 0; i < CLIENTS; i++) {
      const client = await connect();
      await client.send("hello");
      assertEquals(await client.receive(), "hello");
      silent.push(client);
    }
    const refused = await connect();
    assertEquals(await refused.receive(), "Too many of you");
    await refused.ended();

    program.kill("SIGTERM");
    for (const client of silent) await client.ended();
    assertEquals((await program.ended()).code, 0);
  },
});
