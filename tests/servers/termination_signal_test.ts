import {
  ForkingTCPServer,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { assertEquals, assertMatch } from "@std/assert";
import { ChildProgram } from "../fixtures/child_program.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { SignalHandler } from "../fixtures/handlers/signal_handler.ts";

const ignore = Deno.build.os === "windows"; // where Deno can send no signal
const CODES = { SIGINT: 130, SIGTERM: 143 };

/** Starts two servers, and connects a client to each. */
async function start(
  body: (program: ChildProgram, clients: Dialogue[]) => Promise<void>,
  ...args: string[]
): Promise<void> {
  await using program = ChildProgram.fixture("signalled_servers.ts", ...args);
  await using stack = new AsyncDisposableStack();
  const clients: Dialogue[] = [];
  for (const line of [await program.line(), await program.line()]) {
    const port = Number(line);
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const client = stack.use(new Dialogue(connection));
    assertEquals(await client.receive(), "Your name?");
    clients.push(client);
  }
  await body(program, clients);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  const reason = `AbortError: The program was told to end by ${signal}`;

  Deno.test({
    name:
      `terminationSignal() stops two servers at ${signal}, which drain their handlers, and the exit code is 0`,
    ignore,
    fn: () =>
      start(async (program, clients) => {
        program.kill(signal);
        assertEquals(await program.line(), reason);
        assertEquals(await program.line(), "no longer serving");
        for (const client of clients) {
          await client.send("Ada");
          assertEquals(await client.receive(), "bye, Ada");
          await client.ended();
        }
        assertEquals(await program.line(), "closed");
        assertEquals((await program.ended()).code, 0);
      }),
  });

  Deno.test({
    name:
      `terminationSignal() leaves a second ${signal} to the system, which ends a program that drains`,
    ignore,
    fn: () =>
      start(async (program) => {
        program.kill("SIGINT");
        assertMatch((await program.line())!, /SIGINT$/);
        assertEquals(await program.line(), "no longer serving");
        program.kill(signal);
        const { code } = await program.ended();
        assertEquals(code, CODES[signal]);
      }, "never"),
  });
}

Deno.test("terminationSignal() does not keep a program alive, nor need a permission", async () => {
  const path = new URL("../fixtures/programs/signal_only.ts", import.meta.url);
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", path.href],
    signal: AbortSignal.timeout(30_000),
  }).output();
  assertEquals([code, new TextDecoder().decode(stdout)], [0, "false\n"]);
});

for (const Server of [ThreadingTCPServer, ForkingTCPServer]) {
  Deno.test(`terminationSignal() is refused where a ${Server.name} runs handlers`, async () => {
    const address = { hostname: "127.0.0.1", port: 0 };
    await using server = new Server(address, SignalHandler, {
      handlerModule: import.meta.resolve(
        "../fixtures/handlers/signal_handler.ts",
      ),
    });
    const handled = server.handleRequest();
    const { port } = server.serverAddress;
    const client = await Deno.connect({ hostname: "127.0.0.1", port });
    assertMatch(
      await new Response(client.readable).text(),
      /^Error: Cannot wait for termination signals in a thread or child .*signal_handler\.ts for its handler: use the handler's 'signal'$/,
    );
    await handled;
  });
}
