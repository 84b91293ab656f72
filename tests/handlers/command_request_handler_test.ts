import {
  AsyncTCPServer,
  AsyncUnixStreamServer,
  CommandRequestHandler,
  type TCPServerOptions,
} from "@socketserver/socketserver";
import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { needing } from "../fixtures/installed_program.ts";
import { ChildProgram } from "../fixtures/child_program.ts";

const LIMIT_MS = 30_000;
const isWindows = Deno.build.os === "windows";
const isLinux = Deno.build.os === "linux";
const encoder = new TextEncoder();

/** Makes a server that connects its clients to a program. */
function serve(command: string, ...args: string[]) {
  return serveWith({}, command, ...args);
}

/** Likewise, with options for the server. */
function serveWith(
  options: TCPServerOptions,
  command: string,
  ...args: string[]
) {
  class ProgramHandler extends CommandRequestHandler {
    override command = command;
    override args = args;
  }
  const errors: unknown[] = [];
  const server = new AsyncTCPServer(
    { hostname: "127.0.0.1", port: 0 },
    ProgramHandler,
    options,
  );
  const failed = Promise.withResolvers<void>();
  server.handleError = (error) => {
    errors.push(error);
    failed.resolve();
  };
  const serving = server.serveForever();
  return {
    errors,
    /** Resolves when a request has failed. */
    failed: failed.promise,
    connect: () => Deno.connect({ ...server.serverAddress, transport: "tcp" }),
    async [Symbol.asyncDispose]() {
      await deadline(server.serverClose(), LIMIT_MS);
      await serving;
    },
  };
}

/** Sends bytes, ends the input, and waits for all of the answer. */
async function ask(client: Deno.Conn, input: Uint8Array): Promise<Uint8Array> {
  const answer = new Response(client.readable).bytes();
  try {
    for (let sent = 0; sent < input.length;) {
      sent += await client.write(input.subarray(sent));
    }
    await client.closeWrite();
  } catch {
    // The program has ended before it had read everything.
  }
  return await deadline(answer, LIMIT_MS);
}

async function askText(client: Deno.Conn, input: string): Promise<string> {
  return new TextDecoder().decode(await ask(client, encoder.encode(input)));
}

Deno.test(needing(["cat"], {
  name: "CommandRequestHandler sends all that cat sends back",
  ignore: isWindows,
  async fn() {
    await using server = serve("cat");
    const input = new Uint8Array(3_000_000).map((_, i) => i % 251);
    assertEquals(await ask(await server.connect(), input), input);
    assertEquals(server.errors, []);
  },
}));

Deno.test(needing(["sh"], {
  name: "CommandRequestHandler tells sh where its client is",
  ignore: isWindows,
  async fn() {
    await using server = serve(
      "sh",
      "-c",
      "echo $PROTO $TCPREMOTEIP $TCPREMOTEPORT $TCPLOCALIP $TCPLOCALPORT",
    );
    const client = await server.connect();
    const { port } = client.localAddr as Deno.NetAddr;
    const remote = client.remoteAddr as Deno.NetAddr;
    assertEquals(
      await askText(client, ""),
      `TCP 127.0.0.1 ${port} 127.0.0.1 ${remote.port}\n`,
    );
  },
}));

Deno.test(needing(["sh"], {
  name:
    "CommandRequestHandler tells sh of an abstract Unix path, with @ for each NUL (Linux)",
  ignore: !isLinux,
  async fn() {
    class PathHandler extends CommandRequestHandler {
      override command = "sh";
      override args = ["-c", "echo $PROTO $UNIXLOCALPATH"];
    }
    const name = `test-${crypto.randomUUID()}`;
    const path = `\0${name}\0b`;
    await using server = new AsyncUnixStreamServer({ path }, PathHandler);
    const record = new ErrorRecord(server);
    server.serveForever();
    const client = await Deno.connect({ transport: "unix", path });
    assertEquals(await askText(client, ""), `UNIX @${name}@b\n`);
    assertEquals(record.errors, []);
  },
}));

Deno.test(needing(["head", "sh"], {
  name: "CommandRequestHandler ends the connection when a program ends early",
  ignore: isWindows,
  async fn() {
    await using server = serve("sh", "-c", "head -c 5; exit 3");
    const client = await server.connect();
    await client.write(encoder.encode("hello, world"));
    const answer = await deadline(
      new Response(client.readable).text(),
      LIMIT_MS,
    );
    assertEquals(answer, "hello");
    assertEquals(server.errors, []);
  },
}));

Deno.test(needing(["echo"], {
  name: "CommandRequestHandler serves a program that ignores its input",
  ignore: isWindows,
  async fn() {
    await using server = serve("echo", "go away");
    const input = encoder.encode("x".repeat(1_000_000));
    // What is left of the input may reset the connection.
    await ask(await server.connect(), input).catch((error) =>
      assertInstanceOf(error, Deno.errors.ConnectionReset)
    );
    assertEquals(await askText(await server.connect(), ""), "go away\n");
  },
}));

for (
  const [event, options, lose] of [
    ["serverClose() gives its request up", { drainTimeout: 0 }, () => {}],
    ["its client resets the connection", {}, reset],
  ] as const
) {
  Deno.test(needing(["cat", "sh", "sleep"], {
    name: `CommandRequestHandler ends a program that only waits when ${event}`,
    ignore: isWindows,
    async fn() {
      const script = "cat; echo started; exec sleep 1000";
      const server = serveWith(options, "sh", "-c", script);
      const client = await server.connect();
      await client.closeWrite();
      await client.read(new Uint8Array(1)); // and leaves the rest unread
      lose(client);
      // The test would fail if the program were still there at its end.
      await server[Symbol.asyncDispose]();
      await deadline(server.failed, LIMIT_MS);
      if (lose !== reset) client.close();
    },
  }));
}

/** Closes a connection that has something unread, which resets it. */
function reset(client: Deno.Conn): void {
  client.close();
}

Deno.test("CommandRequestHandler reports a program that is not there", async () => {
  await using server = serve("no-such-program-anywhere");
  assertEquals(await askText(await server.connect(), ""), "");
  assertInstanceOf(server.errors[0], Deno.errors.NotFound);
});

Deno.test("CommandRequestHandler reports that no program is named", async () => {
  await using server = serve("");
  assertEquals(await askText(await server.connect(), ""), "");
  assertInstanceOf(server.errors[0], TypeError);
});

Deno.test(needing(["cat"], {
  name: "CommandRequestHandler leaves nothing behind of 1 000 clients (Linux)",
  ignore: !isLinux,
  async fn() {
    await using program = ChildProgram.fixture("command_marathon.ts", "10");
    const before = JSON.parse((await program.line())!).descriptors;
    let last;
    for (let i = 1; i < 10; i++) last = JSON.parse((await program.line())!);
    const { failures, children, descriptors } = last;
    assertEquals([failures, children], [0, 0]);
    assert(
      descriptors < before + 10,
      `${before}, then ${descriptors} descriptors`,
    );
  },
}));
