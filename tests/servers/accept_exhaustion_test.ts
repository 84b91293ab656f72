import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TCPServer } from "@socketserver/socketserver";
import { ChildProgram } from "../fixtures/child_program.ts";
import { needing } from "../fixtures/installed_program.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";

const LIMIT_MS = 30_000;
const isWindows = Deno.build.os === "windows";

/** A server with few descriptors, some twenty of which Deno needs itself. */
function start(mode: string): ChildProgram {
  return new ChildProgram(
    "sh",
    "-c",
    'ulimit -n 40; exec "$0" run -A "$1" "$2"',
    Deno.execPath(),
    `${import.meta.dirname}/../fixtures/programs/exhausted_server.ts`,
    mode,
  );
}

async function echo(client: Deno.Conn, value: number): Promise<number> {
  const byte = new Uint8Array([value]);
  await client.write(byte);
  await deadline(client.read(byte), LIMIT_MS);
  return byte[0]!;
}

for (const mode of ["serveForever", "handleRequest"]) {
  Deno.test(needing(["sh"], {
    name:
      `AsyncTCPServer.${mode}() pauses without descriptors, and goes on with them`,
    ignore: isWindows,
    async fn() {
      await using child = start(mode);
      const address = JSON.parse((await child.line())!) as Deno.ConnectOptions;
      using warmUp = await Deno.connect(address);
      await echo(warmUp, 1);

      const clients = await Promise.all(
        Array.from({ length: 40 }, () => Deno.connect(address)),
      );
      const last = clients.pop()!;
      const failures: { code: string; time: number }[] = [];
      while (failures.length < 9) {
        failures.push(JSON.parse((await child.line())!));
      }
      assert(failures.every(({ code }) => code === "EMFILE"));
      const seconds = (failures.at(-1)!.time - failures[0]!.time) / 1000;
      const rate = (failures.length - 1) / seconds;
      assert(rate < 100, `${rate} accepts a second`);

      for (const client of clients) client.close();
      assertEquals(await echo(last, 2), 2);
      assertEquals(await echo(warmUp, 3), 3);
      last.close();
    },
  }));
}

/** Throws each error once, in place of the first requests. */
function failingServer(...errors: unknown[]): TCPServer {
  class FailingServer extends TCPServer {
    override getRequest() {
      if (errors.length > 0) return Promise.reject(errors.shift());
      return super.getRequest();
    }
  }
  return new FailingServer(
    { hostname: "127.0.0.1", port: 0 },
    async (request) => {
      await request.write(new TextEncoder().encode("served"));
    },
    { drainTimeout: 1 },
  );
}

async function ask(server: TCPServer): Promise<string> {
  using client = await connectTo(server);
  return await deadline(new Response(client.readable).text(), LIMIT_MS);
}

// The system's other shortages, and what befalls clients in the queue, cannot
// be caused here.
for (
  const code of [
    "ENFILE",
    "ENOBUFS",
    "ENOMEM",
    "ECONNABORTED",
    "EPROTO",
    "ENETDOWN",
    "EHOSTUNREACH",
    "EINTR",
  ]
) {
  Deno.test(`TCPServer.serveForever() goes on after ${code}`, async () => {
    const error = Object.assign(new Error("Cannot accept"), { code });
    await using server = failingServer(error, error);
    const serving = server.serveForever();
    assertEquals(await ask(server), "served");
    await server.shutdown();
    await serving;
  });
}

Deno.test("TCPServer.shutdown() ends serving while there are no descriptors", async () => {
  const error = Object.assign(new Error("Cannot accept"), { code: "EMFILE" });
  const enough = Promise.withResolvers<void>();
  let failures = 0;
  class ExhaustedServer extends TCPServer {
    override getRequest(): Promise<never> {
      if (++failures === 4) enough.resolve();
      return Promise.reject(error);
    }
  }
  await using server = new ExhaustedServer(
    { hostname: "127.0.0.1", port: 0 },
    () => {},
  );
  const serving = server.serveForever();
  await deadline(enough.promise, LIMIT_MS);
  await deadline(server.shutdown(), LIMIT_MS);
  await serving;
  assertEquals(failures, 4);
});
