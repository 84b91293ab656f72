import { assertEquals } from "@std/assert";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { ArgumentsHandler } from "../fixtures/handlers/arguments_handler.ts";

/** Some that Deno, or a shell, could take for something else. */
const ODD = ["--", "-A", "--allow-all", "", "two words", "*", "été"];

for (const data of [undefined, { greeting: "hello" }]) {
  const title = data === undefined ? "no data" : "data";
  Deno.test(`ForkingTCPServer's handlers find the arguments of the server's program, and no others, with ${title}`, async () => {
    const { moduleUrl, name } = ArgumentsHandler;
    const args = [moduleUrl, name, JSON.stringify({ data }), ...ODD];
    await using server = new ForkingProcess(args);
    assertEquals(JSON.parse(await server.ask("")), [args, args, args]);
    server.kill("SIGTERM");
    assertEquals((await server.ended()).code, 0);
  });
}
