import {
  type AnyServer,
  AsyncTCPServer,
  AsyncUDPServer,
  AsyncUnixDatagramServer,
  AsyncUnixStreamServer,
  TCPServer,
  UDPServer,
  UnixDatagramServer,
  UnixStreamServer,
} from "@socketserver/socketserver";
import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { DatagramCopyHandler } from "./fixtures/handlers/datagram_copy_handler.ts";
import { PipeEchoHandler } from "./fixtures/handlers/pipe_echo_handler.ts";
import { needing } from "./fixtures/installed_program.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const TWENTY_MEGABYTES = 20_000_000;

for (const Server of [TCPServer, AsyncTCPServer]) {
  Deno.test(needing(["nc"], {
    name: `${Server.name} gives nc -N 20 MB back`,
    async fn() {
      await using server = new Server(ADDRESS, PipeEchoHandler);
      const { hostname, port } = server.serverAddress;
      await assertEchoed(server, "nc", ["-N", hostname, `${port}`]);
    },
  }));

  Deno.test(needing(["socat"], {
    name: `${Server.name} gives socat 20 MB back`,
    async fn() {
      await using server = new Server(ADDRESS, PipeEchoHandler);
      const { hostname, port } = server.serverAddress;
      const args = ["-t", "30", "-", `TCP:${hostname}:${port}`];
      await assertEchoed(server, "socat", args);
    },
  }));
}

for (const Server of [UnixStreamServer, AsyncUnixStreamServer]) {
  Deno.test(needing(["nc"], {
    name: `${Server.name} gives nc -N -U 20 MB back`,
    async fn() {
      await using folder = new Folder();
      await using server = new Server(folder.address, PipeEchoHandler);
      await assertEchoed(server, "nc", ["-N", "-U", folder.address.path]);
    },
  }));

  Deno.test(needing(["socat"], {
    name: `${Server.name} gives socat 20 MB back`,
    async fn() {
      await using folder = new Folder();
      await using server = new Server(folder.address, PipeEchoHandler);
      const args = ["-t", "30", "-", `UNIX:${folder.address.path}`];
      await assertEchoed(server, "socat", args);
    },
  }));
}

for (const Server of [UDPServer, AsyncUDPServer]) {
  Deno.test(needing(["socat"], {
    name: `${Server.name} gives socat a datagram of 60000 bytes back`,
    async fn() {
      await using server = new Server(ADDRESS, DatagramCopyHandler);
      const { hostname, port } = server.serverAddress;
      await assertDatagramEchoed(server, `UDP:${hostname}:${port}`);
    },
  }));
}

for (const Server of [UnixDatagramServer, AsyncUnixDatagramServer]) {
  Deno.test(needing(["socat"], {
    name: `${Server.name} gives socat with a path a datagram back`,
    async fn() {
      await using folder = new Folder();
      const { path } = folder.address;
      await using server = new Server({ path }, DatagramCopyHandler);
      const address = `UNIX-SENDTO:${path},bind=${path}.client,unlink-early`;
      await assertDatagramEchoed(server, address);
    },
  }));
}

/** A folder of its own for a socket file. */
class Folder implements AsyncDisposable {
  readonly #path = Deno.makeTempDirSync();
  readonly address = { path: `${this.#path}/echo.sock` };

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#path, { recursive: true });
  }
}

/** Asserts that a client which sends 20 MB and half-closes gets them back. */
async function assertEchoed(
  server: AnyServer,
  program: string,
  args: string[],
): Promise<void> {
  const sent = randomBytes(TWENTY_MEGABYTES);
  const serving = server.serveForever();
  await using client = start(program, args);
  const echo = new Response(client.stdout).bytes();
  await new Response(sent).body!.pipeTo(client.stdin);
  const received = await deadline(echo, 60_000);
  assertEquals(received.length, sent.length);
  assertEquals(await hash(received), await hash(sent));
  assertEquals((await client.status).code, 0);
  await server.shutdown();
  await serving;
}

/** Asserts that socat gets back, in one piece, what it sends to an address. */
async function assertDatagramEchoed(
  server: AnyServer,
  address: string,
): Promise<void> {
  const sent = randomBytes(60_000);
  const serving = server.serveForever();
  // Its standard input stays open: at the end of that, socat would wait.
  await using client = start("socat", ["-b", "65000", "-", address]);
  const writer = client.stdin.getWriter();
  await writer.write(sent);
  const received = await deadline(firstBytes(client.stdout, 60_000), 30_000);
  assertEquals(await hash(received), await hash(sent));
  await writer.close();
  await server.shutdown();
  await serving;
}

function start(program: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(program, { args, stdin: "piped", stdout: "piped" })
    .spawn();
}

/** Resolves to a number of bytes, or to what comes before the end. */
async function firstBytes(
  stream: ReadableStream<Uint8Array>,
  count: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(count);
  let at = 0;
  for await (const chunk of stream) {
    bytes.set(chunk.subarray(0, count - at), at);
    at += chunk.length;
    if (at >= count) break;
  }
  return bytes.subarray(0, at);
}

function randomBytes(count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let at = 0; at < count; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

async function hash(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(digest).toHex();
}
