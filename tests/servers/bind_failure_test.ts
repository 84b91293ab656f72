import {
  assertEquals,
  assertInstanceOf,
  assertLess,
  assertMatch,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  TCPServer,
  UDPServer,
  UnixDatagramServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { bindTo } from "../../src/servers/bind_checks.ts";
import { bindAgain } from "../fixtures/bind_again.ts";
import { ChildProgram } from "../fixtures/child_program.ts";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ownAddress } from "../fixtures/own_address.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;
const isWindows = Deno.build.os === "windows";

for (const Server of [TCPServer, UDPServer]) {
  const protocol = Server === TCPServer ? "TCP" : "UDP";

  Deno.test(`new ${Server.name}() throws if the port is in use`, async () => {
    await using server = new Server(ADDRESS, () => {});
    const { hostname, port } = server.serverAddress;
    const error = assertThrows(
      () => new Server(server.serverAddress, () => {}),
      Deno.errors.AddrInUse,
      `Cannot bind the ${protocol} server to ${hostname}:${port}: `,
    );
    assertInstanceOf(error.cause, Deno.errors.AddrInUse);
    assertEquals(Reflect.get(error, "code"), "EADDRINUSE");
  });

  for (const hostname of [null, NaN, false, 0, 0n, [], {}]) {
    Deno.test(`new ${Server.name}() throws if the hostname is ${Deno.inspect(hostname)}, and does not listen to all`, () => {
      assertThrows(
        () => new Server({ hostname: hostname as string, port: 0 }, () => {}),
        TypeError,
        `Cannot bind the ${protocol} server as hostname must be a string: current value is ${
          Deno.inspect(hostname)
        }`,
      );
    });
  }

  for (const port of [-1, 65_536, 1.5, NaN]) {
    Deno.test(`new ${Server.name}() throws if the port is ${port}`, () => {
      assertThrows(
        () => new Server({ hostname: "127.0.0.1", port }, () => {}),
        RangeError,
        `Cannot bind the ${protocol} server as port must be between 0 and 65535: current value is ${port}`,
      );
    });
  }

  Deno.test(`new ${Server.name}() throws if the port is no number`, () => {
    const address = { hostname: "127.0.0.1", port: "80" as unknown as number };
    assertThrows(
      () => new Server(address, () => {}),
      TypeError,
      `Cannot bind the ${protocol} server as port must be a number: current value is "80"`,
    );
  });

  Deno.test(`new ${Server.name}() throws if the hostname is no string`, () => {
    const address = { hostname: 5 as unknown as string, port: 0 };
    const error = assertThrows(() => new Server(address, () => {}), TypeError);
    assertMatch(error.message, /hostname.* 5$/);
  });

  Deno.test(`new ${Server.name}() throws if the hostname cannot be one`, () => {
    const address = { hostname: "no host", port: 0 };
    const error = assertThrows(() => new Server(address, () => {}), Error);
    assertStringIncludes(error.message, "no host");
  });

  Deno.test(`new ${Server.name}() names the host that was not found`, () => {
    const address = { hostname: "not-there.invalid", port: 0 };
    assertThrows(
      () => new Server(address, () => {}),
      Error,
      `Cannot bind the ${protocol} server to not-there.invalid:0: `,
    );
  });

  Deno.test(`new ${Server.name}() throws if the address is another machine's`, () => {
    // TEST-NET-1, which no machine has.
    const address = { hostname: "192.0.2.1", port: 0 };
    assertThrows(
      () => new Server(address, () => {}),
      Deno.errors.AddrNotAvailable,
      `Cannot bind the ${protocol} server to 192.0.2.1:0: `,
    );
  });

  Deno.test(`new ${Server.name}() throws without the net permission`, async () => {
    const { name, message } = await attempt([], Server.name, ADDRESS);
    assertEquals(name, "NotCapable");
    assertStringIncludes(
      message!,
      `Cannot bind the ${protocol} server to 127.0.0.1:0: `,
    );
    assertStringIncludes(message!, "--allow-net");
  });

  Deno.test(`new ${Server.name}() throws if RequestHandlerClass handles nothing`, () => {
    assertThrows(
      () => new Server(ADDRESS, "EchoHandler" as unknown as () => void),
      TypeError,
      'RequestHandlerClass must be a handler class or a function: current value is "EchoHandler"',
    );
  });
}

for (
  const cause of [
    Object.assign(new Error("Too many open files"), { code: "EMFILE" }),
    Object.assign(new Deno.errors.PermissionDenied("no"), { code: "EACCES" }),
    new Deno.errors.NotCapable("no"),
    new URIError("invalid host"),
  ]
) {
  Deno.test(`bindTo() says where it could not bind, and keeps class and code of ${cause.constructor.name}`, () => {
    const error = assertThrows(
      () =>
        bindTo({ transport: "tcp", hostname: "127.0.0.1", port: 80 }, () => {
          throw cause;
        }),
      Error,
      `Cannot bind the TCP server to 127.0.0.1:80: ${cause.message}`,
    );
    assertEquals(error.constructor, cause.constructor);
    assertEquals(Reflect.get(error, "code"), Reflect.get(cause, "code"));
    assertEquals(error.cause, cause);
  });
}

for (const Server of [UnixStreamServer, UnixDatagramServer]) {
  for (const [name, path] of [["empty", ""], ["no string", 5]]) {
    Deno.test({
      name: `new ${Server.name}() throws if the path is ${name}`,
      ignore: isWindows,
      fn() {
        assertThrows(
          () => new Server({ path: path as string }, () => {}),
          TypeError,
          `Cannot bind the ${Server.name} as path must be a string that is not empty: current value is ${
            Deno.inspect(path)
          }`,
        );
      },
    });
  }

  Deno.test({
    name: `new ${Server.name}() throws if the path is too long`,
    ignore: isWindows,
    fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/${"x".repeat(200)}`;
      assertThrows(() => new Server({ path }, () => {}), TypeError, "path");
    },
  });

  Deno.test({
    name: `new ${Server.name}() throws if there is no such folder`,
    ignore: isWindows,
    fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/missing/socket`;
      assertThrows(
        () => new Server({ path }, () => {}),
        Deno.errors.NotFound,
      );
    },
  });

  Deno.test({
    name: `new ${Server.name}() throws without permission for the path`,
    ignore: isWindows,
    async fn() {
      using folder = new TemporaryFolder();
      const address = { path: `${folder.path}/socket` };
      const outcome = await attempt(["--allow-net"], Server.name, address);
      assertEquals(outcome.name, "NotCapable");
      assertStringIncludes(outcome.message!, "--allow-read");
    },
  });

  Deno.test({
    name: `new ${Server.name}() needs no more permission than its page says`,
    ignore: isWindows,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      const permissions = [
        "--allow-net",
        `--allow-read=${path}`,
        `--allow-write=${path}`,
      ];
      const outcome = await attempt(permissions, Server.name, { path });
      assertEquals(outcome, { name: "bound" });
    },
  });
}

for (const Server of [TCPServer, UDPServer]) {
  Deno.test(`new ${Server.name}() needs no more permission than its page says`, async () => {
    const outcome = await attempt(["--allow-net"], Server.name, ADDRESS);
    assertEquals(outcome, { name: "bound" });
  });
}

async function attempt(
  flags: string[],
  name: string,
  address: object,
): Promise<{ name: string; message?: string }> {
  await using child = new ChildProgram(
    Deno.execPath(),
    "run",
    "--no-prompt",
    ...flags,
    `${import.meta.dirname}/../fixtures/programs/bind_attempt.ts`,
    name,
    JSON.stringify(address),
  );
  return JSON.parse((await child.line())!);
}

Deno.test("TCPServer can be bound after a bind that failed", async () => {
  const first = new TCPServer(ownAddress(), () => {});
  await using second = new TCPServer(first.serverAddress, async (request) => {
    await request.write(new TextEncoder().encode("served"));
  }, { bindAndActivate: false });
  assertThrows(() => second.serverBind(), Deno.errors.AddrInUse);
  await first.serverClose();
  await bindAgain(() => second.serverBind());
  const handled = second.handleRequest();
  using client = await connectTo(second);
  const answer = new Response(client.readable).text();
  assertEquals(await deadline(answer, LIMIT_MS), "served");
  await handled;
});

Deno.test("new TCPServer() leaves no listener if serverActivate() throws", async () => {
  const listeners: Deno.Listener[] = [];
  class FailingServer extends TCPServer {
    override serverActivate() {
      listeners.push(this.socket);
      throw new RangeError("activation failed");
    }
  }
  assertThrows(() => new FailingServer(ADDRESS, () => {}), RangeError);
  assertEquals(listeners.length, 1);
  await assertRejects(
    () => listeners[0]!.accept(),
    Deno.errors.BadResource,
  );
});

for (
  const Server of [TCPServer, UDPServer, UnixStreamServer, UnixDatagramServer]
) {
  Deno.test({
    name: `new ${Server.name}() leaks no descriptor in 1024 failures`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      using folder = new TemporaryFolder();
      await using child = ChildProgram.fixture(
        "failed_binds.ts",
        Server.name,
        "1024",
        folder.path,
      );
      const { failures, before, after } = JSON.parse((await child.line())!);
      assertEquals(failures, 1024);
      // Deno may open files of its own late, three of its cache.
      assertLess(after - before, 100);
    },
  });
}
