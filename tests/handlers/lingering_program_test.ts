import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncTCPServer,
  ForkingTCPServer,
  ThreadingTCPServer,
} from "@socketserver/socketserver";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { ForkingProcess } from "../fixtures/forking_process.ts";
import { needing } from "../fixtures/installed_program.ts";
import { LingeringProgramHandler } from "../fixtures/handlers/lingering_program_handler.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

// A program that CommandRequestHandler runs ends with its request, wherever the
// handler runs and however its server ends.

const LIMIT_MS = 20_000;
const PERMISSIONS = { run: ["sh"] };
const isWindows = Deno.build.os === "windows";

/** A file that is written to for as long as a program lives. */
class Lifeline implements Disposable {
  readonly #folder = new TemporaryFolder();
  readonly path = `${this.#folder.path}/lifeline`;

  /** Has a program hold the file that a client asks for. */
  async hold(client: Dialogue): Promise<Deno.FsFile> {
    await new Deno.Command("mkfifo", { args: [this.path] }).output();
    await client.send(this.path);
    const file = await deadline(Deno.open(this.path), LIMIT_MS);
    assertEquals(await client.receive(), "started");
    return file;
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}

/** Resolves when the program that holds a file has ended. */
async function ended(file: Deno.FsFile): Promise<void> {
  const text = await deadline(new Response(file.readable).text(), LIMIT_MS);
  assertEquals(text, "");
}

for (const Server of [AsyncTCPServer, ThreadingTCPServer, ForkingTCPServer]) {
  Deno.test(needing(["mkfifo", "sh", "sleep"], {
    name:
      `${Server.name}.serverClose() ends a program that lingers after drainTimeout`,
    ignore: isWindows,
    async fn() {
      using lifeline = new Lifeline();
      const address = { hostname: "127.0.0.1", port: 0 };
      const options = { drainTimeout: 0.1, permissions: PERMISSIONS };
      const server = new Server(address, LingeringProgramHandler, options);
      const record = new ErrorRecord(server);
      const serving = server.serveForever();
      await using client = new Dialogue(await connectTo(server));
      const file = await lifeline.hold(client);
      await deadline(server.serverClose(), LIMIT_MS);
      await deadline(serving, LIMIT_MS);
      await ended(file);
      await record.nth(1);
    },
  }));
}

Deno.test(needing(["mkfifo", "sh", "sleep"], {
  name: "ForkingTCPServer's requestTimeout ends a program that lingers",
  ignore: isWindows,
  async fn() {
    using lifeline = new Lifeline();
    await using server = ForkingProcess.serving(LingeringProgramHandler, {
      permissions: PERMISSIONS,
      requestTimeout: 5, // within which the program must have started
    });
    await using client = new Dialogue(await server.connect());
    await ended(await lifeline.hold(client));
    server.kill("SIGTERM");
    assertEquals((await server.ended()).code, 0);
  },
}));

Deno.test(needing(["mkfifo", "sh", "sleep"], {
  name: "ForkingTCPServer's program ends when the server is killed",
  ignore: isWindows,
  async fn() {
    using lifeline = new Lifeline();
    await using server = ForkingProcess.serving(LingeringProgramHandler, {
      permissions: PERMISSIONS,
    });
    await using client = new Dialogue(await server.connect());
    const file = await lifeline.hold(client);
    server.kill("SIGKILL");
    await ended(file);
  },
}));
