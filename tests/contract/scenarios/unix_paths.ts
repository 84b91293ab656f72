import { assertEquals, assertThrows } from "@std/assert";
import type { AnyServer } from "@socketserver/socketserver";
import type { Fixture } from "../fixture.ts";
import type { Scenario } from "../scenario.ts";

const needs = { addressFamily: "AF_UNIX" } as const;

/** The file of a Unix server's socket. */
export const unixPathScenarios: Scenario[] = [
  {
    name: "serverClose() removes the socket file, and can be called twice",
    needs,
    async run(f) {
      const server = make(f, f.path());
      const { path } = server.serverAddress;
      assertEquals(Deno.lstatSync(path).isSocket, true);
      await server.serverClose();
      assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
      await Deno.writeTextFile(path, "precious");
      await server.serverClose();
      assertEquals(await Deno.readTextFile(path), "precious");
    },
  },
  {
    name: "serverClose() leaves the file of a server renamed over its own",
    needs,
    run: (f) =>
      replace(f, (path) => {
        const server = make(f, f.path());
        Deno.renameSync(server.serverAddress.path, path);
        server.serverAddress = { ...server.serverAddress, path };
        return server;
      }),
  },
  {
    name: "serverClose() leaves the file of a server that bound its path anew",
    needs,
    run: (f) =>
      replace(f, (path) => {
        Deno.removeSync(path);
        return make(f, path);
      }),
  },
  {
    name: "serverClose() leaves the file of another server after serving",
    needs,
    async run(f) {
      const old = make(f, f.path());
      const { path } = old.serverAddress;
      const serving = old.serveForever();
      assertEquals(await f.ask(old, "old"), "old");
      Deno.removeSync(path);
      await using next = make(f, path);
      // A call for the next request is under way.
      await old.serverClose();
      await serving;
      await assertServes(f, next);
    },
  },
  {
    name: "serverClose() leaves an ordinary file put in place of its own",
    needs,
    async run(f) {
      const server = make(f, f.path());
      const { path } = server.serverAddress;
      await Deno.remove(path);
      await Deno.writeTextFile(path, "precious");
      await server.serverClose();
      assertEquals(await Deno.readTextFile(path), "precious");
    },
  },
  {
    name: "mode option sets the permissions of the socket file",
    needs,
    async run(f) {
      for (const mode of [0o600, 0o666, 0o000, 0o777]) {
        await using server = make(f, f.path(), { mode });
        const { serverAddress: { path } } = server;
        assertEquals(server.mode, mode);
        assertEquals(Deno.lstatSync(path).mode! & 0o777, mode);
      }
    },
  },
  {
    name: "mode option left out leaves the permissions to the umask",
    needs,
    async run(f) {
      await using server = make(f, f.path());
      assertEquals(server.mode, undefined);
      const { mode } = Deno.lstatSync(server.serverAddress.path);
      assertEquals(mode! & 0o777, 0o777 & ~Deno.umask());
    },
  },
  {
    name: "mode option is refused before anything is bound if it is none",
    needs,
    run(f) {
      const path = f.path();
      for (const mode of [-1, 0o1000, 0.5, NaN, Infinity]) {
        const rule = "between 0 and 0o777, which is 511: current value is";
        const text = `mode must be an integer ${rule} ${mode}`;
        assertThrows(() => make(f, path, { mode }), RangeError, text);
      }
      for (const mode of ["600", null, 6n]) {
        const text = `current value is ${Deno.inspect(mode)}`;
        assertThrows(() => make(f, path, { mode }), TypeError, text);
      }
      assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
      return Promise.resolve();
    },
  },
  {
    name: "mode option is refused for an abstract name, and for a socket",
    needs,
    run(f) {
      assertThrows(
        () => make(f, "\0abstract", { mode: 0o600 }),
        TypeError,
        "mode must be left out if the name is abstract",
      );
      const socket = f.listen();
      try {
        assertThrows(
          () => make(f, f.path(), { mode: 0o600, socket }),
          TypeError,
          "mode must be left out if a socket is given",
        );
      } finally {
        socket.close();
      }
      return Promise.resolve();
    },
  },
  {
    name: "constructor names the path that it cannot bind",
    needs,
    run(f) {
      const missing = `${f.path()}/missing/socket`;
      assertThrows(() => make(f, missing), Deno.errors.NotFound, missing);
      const long = f.path().padEnd(200, "x");
      assertThrows(() => make(f, long), TypeError, long);
      const taken = f.path();
      Deno.mkdirSync(taken);
      assertThrows(() => make(f, taken), Deno.errors.AddrInUse, taken);
      return Promise.resolve();
    },
  },
  {
    name: "requestQueueSize is refused, as Deno does not ask for one",
    needs: { ...needs, socketType: "SOCK_STREAM" },
    run(f) {
      const path = f.path();
      assertThrows(
        () => make(f, path, { requestQueueSize: 5 }),
        TypeError,
        "requestQueueSize must be left out for Unix sockets, of which Deno lets 1024 clients wait: current value is 5",
      );
      assertThrows(() => Deno.lstatSync(path), Deno.errors.NotFound);
      return Promise.resolve();
    },
  },
];

type UnixServer = AnyServer & { readonly mode?: number };

function make(f: Fixture, path: string, options: object = {}): UnixServer {
  return new f.Server({ path }, f.handlers.LineEcho, options);
}

/** Closes a server when another one has come to stand at its path. */
async function replace(
  f: Fixture,
  another: (path: string) => AnyServer,
): Promise<void> {
  const old = make(f, f.path());
  await using next = another(old.serverAddress.path);
  await old.serverClose();
  await assertServes(f, next);
}

async function assertServes(f: Fixture, server: AnyServer): Promise<void> {
  const serving = server.serveForever();
  assertEquals(await f.ask(server, "hello"), "hello");
  await server.shutdown();
  await serving;
}
