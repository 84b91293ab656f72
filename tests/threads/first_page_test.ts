import { assertEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { ChildProgram } from "../fixtures/child_program.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { allowReadOf } from "../fixtures/module_permissions.ts";

function path(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}

Deno.test("The program of the first page runs as it stands, with the least permissions", async () => {
  const file = path("../fixtures/programs/first_page_program.ts");
  await using program = new ChildProgram(
    Deno.execPath(),
    "run",
    "--no-prompt",
    "--allow-net=127.0.0.1",
    allowReadOf(file, path("../../src"), path("../../mod.ts")),
    file,
  );
  const port = Number(await program.line());
  const serverAddress = {
    transport: "tcp",
    hostname: "127.0.0.1",
    port,
  } as const;
  using first = await LineClient.connect({ serverAddress });
  using second = await LineClient.connect({ serverAddress });
  assertEquals(await first.ask("hello"), "hello");
  assertEquals(await second.ask("beside it"), "beside it");
  await first.connection.closeWrite();
  assertEquals(await first.line(), null);
  assertEquals(await second.ask("still here"), "still here");
});
