import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncUnixDatagramServer,
  DatagramRequestHandler,
  UnixDatagramServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { bindAgain } from "../fixtures/bind_again.ts";
import { ChildProgram } from "../fixtures/child_program.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import {
  DatagramLineEchoHandler,
  StreamLineEchoHandler,
} from "../fixtures/handlers/line_echo_handlers.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const ignore = Deno.build.os === "windows";

async function askStream(folder: string): Promise<string> {
  const path = `${folder}/socket`;
  using client = await Deno.connect({ transport: "unix", path });
  await client.write(new TextEncoder().encode("hello\n"));
  return await deadline(new Response(client.readable).text(), LIMIT_MS);
}

async function askDatagram(folder: string): Promise<string> {
  return await askDatagramAt(`${folder}/socket`, `${folder}/client`);
}

async function askDatagramAt(path: string, own: string): Promise<string> {
  const client = Deno.listenDatagram({ transport: "unixpacket", path: own });
  try {
    const address = { transport: "unixpacket", path } as const;
    await client.send(new TextEncoder().encode("hello\n"), address);
    const [reply] = await deadline(client.receive(), LIMIT_MS);
    return new TextDecoder().decode(reply);
  } finally {
    client.close();
    await Deno.remove(own);
  }
}

const kinds = [
  {
    name: "UnixStreamServer",
    make: (path: string) =>
      new UnixStreamServer({ path }, StreamLineEchoHandler),
    ask: askStream,
  },
  {
    name: "UnixDatagramServer",
    make: (path: string) =>
      new UnixDatagramServer({ path }, DatagramLineEchoHandler),
    ask: askDatagram,
  },
] as const;

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

/** Leaves the socket file of a server that was killed. */
async function leaveSocket(name: string, path: string): Promise<void> {
  await using child = ChildProgram.fixture("serving_program.ts", name, path);
  await child.line();
  child.kill("SIGKILL");
  await child.ended();
}

for (const { name, make, ask } of kinds) {
  Deno.test({
    name: `new ${name}() replaces the socket file of a dead server`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      await leaveSocket(name, path);
      assertEquals((await Deno.lstat(path)).isSocket, true);
      await using server = make(path);
      const handled = server.handleRequest();
      assertEquals(await ask(folder.path), "hello\n");
      await handled;
    },
  });

  for (const dead of ["UnixStreamServer", "UnixDatagramServer"]) {
    Deno.test({
      name: `new ${name}() replaces the socket file of a dead ${dead}`,
      ignore,
      async fn() {
        using folder = new TemporaryFolder();
        const path = `${folder.path}/socket`;
        await leaveSocket(dead, path);
        await using _server = make(path);
      },
    });
  }

  for (const live of kinds) {
    Deno.test({
      name:
        `new ${name}() refuses the path of a live ${live.name}, which serves on`,
      ignore,
      async fn() {
        using folder = new TemporaryFolder();
        const path = `${folder.path}/socket`;
        await using server = live.make(path);
        // The question whether it lives is a request that ends early.
        new ErrorRecord(server);
        assertThrows(() => make(path), Deno.errors.AddrInUse);
        const serving = server.serveForever();
        assertEquals(await live.ask(folder.path), "hello\n");
        await server.shutdown();
        await serving;
      },
    });
  }

  Deno.test({
    name: `new ${name}() refuses the path of a live server in another program`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      await using child = ChildProgram.fixture(
        "serving_program.ts",
        name,
        path,
      );
      await child.line();
      assertThrows(() => make(path), Deno.errors.AddrInUse);
      assertEquals(await ask(folder.path), "hello\n");
    },
  });

  Deno.test({
    name: `new ${name}() refuses an ordinary file, and leaves it unchanged`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      await Deno.writeTextFile(path, "precious");
      assertThrows(() => make(path), Deno.errors.AddrInUse);
      assertEquals(await Deno.readTextFile(path), "precious");
    },
  });

  Deno.test({
    name: `new ${name}() refuses a folder`,
    ignore,
    fn() {
      using folder = new TemporaryFolder();
      assertThrows(() => make(folder.path), Deno.errors.AddrInUse);
    },
  });

  Deno.test({
    name: `new ${name}() refuses a link, even to a dead server's socket file`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/link`;
      await leaveSocket(name, `${folder.path}/socket`);
      await Deno.symlink(`${folder.path}/socket`, path);
      assertThrows(() => make(path), Deno.errors.AddrInUse);
      assertEquals(await isThere(`${folder.path}/socket`), true);
      assertEquals((await Deno.lstat(path)).isSymlink, true);
    },
  });

  Deno.test({
    name: `${name}.serverClose() removes its socket file, and nothing else`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      await Deno.writeTextFile(`${folder.path}/neighbour`, "");
      const server = make(`${folder.path}/socket`);
      const handled = server.handleRequest();
      await ask(folder.path);
      await handled;
      await server.serverClose();
      const left = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
      assertEquals(left, ["neighbour"]);
    },
  });

  Deno.test({
    name: `${name}.serverClose() can be called if its socket file is gone`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      const server = make(path);
      await Deno.remove(path);
      await deadline(server.serverClose(), LIMIT_MS);
    },
  });

  Deno.test({
    name: `${name}.serverBind() binds anew after the path has come free`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      for (let run = 0; run < 3; run++) {
        await using server = make(path);
        const handled = server.handleRequest();
        assertEquals(await ask(folder.path), "hello\n");
        await handled;
      }
    },
  });
}

for (const { name, make } of kinds) {
  Deno.test({
    name: `new ${name}() takes an abstract name, once, and makes no file`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const path = `\0${crypto.randomUUID()}`;
      await using server = make(path);
      assertThrows(() => make(path), Deno.errors.AddrInUse);
      assertEquals(server.serverAddress.path, path);
    },
  });
}

Deno.test({
  name:
    "UnixDatagramServer.serverClose() leaves the file of a socket it was given",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    const socket = Deno.listenDatagram({ transport: "unixpacket", path });
    const server = new UnixDatagramServer({ path }, () => {}, { socket });
    await server.serverClose();
    assertEquals(await isThere(path), true);
  },
});

/** Replies when the server is waiting for the next datagram already. */
async function replyLate(path: string, own: string): Promise<unknown> {
  const waiting = Promise.withResolvers<void>();
  let asked = 0;
  class LateHandler extends DatagramRequestHandler {
    override async handle() {
      await waiting.promise;
      await this.wfile.write("late");
    }
  }
  await using server = await bindAgain(() =>
    new AsyncUnixDatagramServer({ path }, LateHandler)
  );
  const record = new ErrorRecord(server);
  const getRequest = server.getRequest.bind(server);
  server.getRequest = () => {
    if (++asked === 2) waiting.resolve();
    return getRequest();
  };
  const serving = server.serveForever();
  const outcome = await Promise.race([
    askDatagramAt(path, own),
    record.nth(1),
  ]);
  await server.shutdown();
  await serving;
  return outcome;
}

Deno.test({
  name: "AsyncUnixDatagramServer replies while it waits for the next datagram",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const own = `${folder.path}/client`;
    assertEquals(await replyLate(`${folder.path}/socket`, own), "late");
    assertEquals([...Deno.readDirSync(folder.path)], []);
  },
});

Deno.test({
  name:
    "AsyncUnixDatagramServer replies as long as its own path is not too long",
  ignore: Deno.build.os !== "linux",
  async fn() {
    using folder = new TemporaryFolder();
    const own = `${folder.path}/client`;
    // The longest that every system takes, less the byte at the end: 103.
    const path = `${folder.path}/`.padEnd(103, "x");
    assertEquals(await replyLate(path, own), "late");
  },
});

Deno.test({
  name:
    "AsyncUnixDatagramServer replies although a killed server has left its file",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const own = `${folder.path}/client`;
    const path = `${folder.path}/socket`;
    Deno.listenDatagram({ transport: "unixpacket", path }).close();
    assertEquals(await replyLate(path, own), "late");
  },
});

Deno.test({
  name: "UnixStreamServer refuses clients after serverClose()",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    const server = new UnixStreamServer({ path }, () => {});
    await server.serverClose();
    await assertRejects(
      () => Deno.connect({ transport: "unix", path }),
      Deno.errors.NotFound,
    );
  },
});
