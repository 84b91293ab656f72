import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TextLineStream } from "@std/streams/text-line-stream";
import {
  AsyncUnixStreamServer,
  UnixDatagramServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { ChildProgram } from "../fixtures/child_program.ts";
import { StreamLineEchoHandler } from "../fixtures/handlers/line_echo_handlers.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const ignore = Deno.build.os === "windows";

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function ask(path: string): Promise<string> {
  using client = await Deno.connect({ transport: "unix", path });
  await client.write(new TextEncoder().encode("hello\n"));
  return await deadline(new Response(client.readable).text(), LIMIT_MS);
}

/** Listens as Deno does, so that Deno removes what stands at the path. */
function listen(path: string): Deno.Listener {
  return Deno.listen({ transport: "unix", path });
}

/** Servers whose listener Deno has bound at the path itself. */
const directly = [
  {
    name: "with a socket that it was given",
    path: (folder: string) => `${folder}/socket`,
    options: (path: string) => ({ socket: listen(path) }),
  },
  {
    name: "whose path has no room for a folder",
    path: (folder: string) => `${folder}/`.padEnd(103, "x"),
    options: () => ({}),
  },
];

for (const { name, path, options } of directly) {
  for (const serves of [false, true]) {
    const when = serves ? "while it waits for a client" : "before it serves";
    Deno.test({
      name:
        `UnixStreamServer.serverClose() ${name} leaves another's file ${when}`,
      ignore,
      async fn() {
        using folder = new TemporaryFolder();
        const at = path(folder.path);
        const old = new AsyncUnixStreamServer(
          { path: at },
          StreamLineEchoHandler,
          options(at),
        );
        const serving = serves ? old.serveForever() : undefined;
        if (serves) assertEquals(await ask(at), "hello\n");
        await Deno.remove(at);
        await using next = new UnixStreamServer(
          { path: at },
          StreamLineEchoHandler,
        );
        await deadline(old.serverClose(), LIMIT_MS);
        await serving;
        assertEquals(namesIn(folder.path), [at.split("/").at(-1)]);
        const handled = next.handleRequest();
        assertEquals(await ask(at), "hello\n");
        await handled;
      },
    });
  }

  Deno.test({
    name: `UnixStreamServer.serverClose() ${name} removes its own file`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const at = path(folder.path);
      const server = new UnixStreamServer({ path: at }, () => {}, options(at));
      await server.serverClose();
      assertEquals(namesIn(folder.path), []);
    },
  });
}

Deno.test({
  name:
    "UnixStreamServer.serverClose() leaves a folder put in place of its file",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    const socket = listen(path);
    const server = new UnixStreamServer({ path }, () => {}, { socket });
    await Deno.remove(path);
    await Deno.mkdir(path);
    await server.serverClose();
    assertEquals((await Deno.lstat(path)).isDirectory, true);
  },
});

Deno.test({
  name: "UnixStreamServer.serverClose() can be called if the folder has gone",
  ignore,
  async fn() {
    const folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    const server = new UnixStreamServer({ path }, () => {});
    folder[Symbol.dispose]();
    await deadline(server.serverClose(), LIMIT_MS);
  },
});

Deno.test({
  name: "UnixStreamServer.socket.close() removes the socket file",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    await using server = new UnixStreamServer(
      { path: `${folder.path}/socket` },
      () => {},
    );
    server.socket.close();
    assertEquals(namesIn(folder.path), []);
  },
});

Deno.test({
  name: "UnixStreamServer.socket yields connections until it is closed",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    await using server = new UnixStreamServer({ path }, () => {});
    const addresses: Deno.Addr[] = [];
    using _client = await Deno.connect({ transport: "unix", path });
    for await (const connection of server.socket) {
      addresses.push(connection.localAddr);
      connection.close();
      server.socket.close();
    }
    assertEquals(addresses, [server.serverAddress]);
  },
});

Deno.test({
  name: "UnixStreamServer tells a handler its path as the local address",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    const seen: Deno.Addr[] = [];
    await using server = new UnixStreamServer({ path }, (request) => {
      seen.push(request.localAddr);
    });
    const handled = server.handleRequest();
    using _client = await Deno.connect({ transport: "unix", path });
    await handled;
    assertEquals(seen, [{ transport: "unix", path }]);
    assertEquals(server.socket.addr, { transport: "unix", path });
  },
});

for (const name of ["AsyncUnixStreamServer", "AsyncUnixDatagramServer"]) {
  Deno.test({
    name: `${name}.serverClose() removes its file from the folder of old`,
    ignore,
    async fn() {
      using first = new TemporaryFolder();
      using second = new TemporaryFolder();
      await using child = ChildProgram.fixture(
        "changed_folder.ts",
        name,
        first.path,
        second.path,
      );
      const path = "relative.sock";
      const files = { path, second: [path], precious: "precious" };
      const before = JSON.parse((await child.line())!);
      assertEquals(before, { ...files, first: [path] });
      child.kill("SIGTERM");
      const after = JSON.parse((await child.line())!);
      assertEquals(after, { ...files, first: [] });
    },
  });
}

/** Asserts that a server of the kind listens on a path. */
async function assertAlive(name: string, path: string): Promise<void> {
  if (name === "UnixStreamServer") {
    (await Deno.connect({ transport: "unix", path })).close();
    return;
  }
  const client = Deno.listenDatagram({ transport: "unixpacket" });
  try {
    await client.send(new Uint8Array(1), { transport: "unixpacket", path });
  } finally {
    client.close();
  }
}

for (const { name } of [UnixStreamServer, UnixDatagramServer]) {
  Deno.test({
    name: `new ${name}() at a dead path succeeds once if four do it at once`,
    ignore,
    async fn() {
      await using programs = new BindingPrograms(name, 4);
      for (let round = 0; round < 20; round++) {
        using folder = new TemporaryFolder();
        const path = `${folder.path}/socket`;
        Deno.listenDatagram({ transport: "unixpacket", path }).close();
        assertEquals(await programs.bind(path), [
          "bound",
          "AddrInUse",
          "AddrInUse",
          "AddrInUse",
        ]);
        await assertAlive(name, path);
        assertEquals(namesIn(folder.path), ["socket"]);
      }
    },
  });
}

/** Programs that bind the same path in the same moment. */
class BindingPrograms implements AsyncDisposable {
  readonly #programs: Deno.ChildProcess[];
  readonly #inputs: WritableStreamDefaultWriter<Uint8Array>[];
  readonly #outputs: ReadableStreamDefaultReader<string>[];
  readonly #ready: Promise<unknown>;

  constructor(name: string, count: number) {
    const program =
      `${import.meta.dirname}/../fixtures/programs/binding_program.ts`;
    const command = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", program, name],
      stdin: "piped",
      stdout: "piped",
    });
    this.#programs = Array.from({ length: count }, () => command.spawn());
    this.#inputs = this.#programs.map(({ stdin }) => stdin.getWriter());
    this.#outputs = this.#programs.map(({ stdout }) =>
      stdout
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new TextLineStream())
        .getReader()
    );
    this.#ready = this.#lines();
  }

  /** Resolves to what became of them, the good news first. */
  async bind(path: string): Promise<string[]> {
    await this.#ready;
    const line = new TextEncoder().encode(`${path}\n`);
    for (const input of this.#inputs) await input.write(line);
    return (await this.#lines()).sort().reverse();
  }

  async #lines(): Promise<string[]> {
    const lines = this.#outputs.map((output) => output.read());
    const read = await deadline(Promise.all(lines), LIMIT_MS);
    return read.map(({ value }) => value!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const input of this.#inputs) await input.close();
    for (const output of this.#outputs) await output.cancel();
    for (const { status } of this.#programs) await deadline(status, LIMIT_MS);
  }
}
