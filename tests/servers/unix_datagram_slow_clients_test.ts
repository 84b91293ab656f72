import {
  AsyncUnixDatagramServer,
  type UnixDatagramServerOptions,
} from "@socketserver/socketserver";
import { assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ChildProgram } from "../fixtures/child_program.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";
import { until } from "../fixtures/until.ts";

// Clients that read late, or never. A Unix datagram waits in its receiver's
// queue, of which Linux has 11 by default, and in its sender's socket.

const LIMIT_MS = 30_000;
/** Far less than the 30 seconds for which a datagram may wait. */
const SOON_MS = 15_000;
const ignore = Deno.build.os !== "linux";
const CLIENTS = `${import.meta.dirname}/../fixtures/clients`;

/** A server that answers with what it was sent, in a folder of its own. */
class EchoServer extends AsyncUnixDatagramServer implements AsyncDisposable {
  readonly record = new ErrorRecord();
  readonly #folder: TemporaryFolder;
  readonly #clients: Deno.DatagramConn[] = [];

  constructor(folder: TemporaryFolder, options?: UnixDatagramServerOptions) {
    const path = `${folder.path}/server`;
    super({ path }, async ([data, socket], client) => {
      await socket.send(data, client);
    }, options);
    this.#folder = folder;
  }

  override handleError(...report: Parameters<ErrorRecord["handleError"]>) {
    this.record.handleError(...report);
  }

  /** A client that has sent a number of datagrams. */
  async client(count: number): Promise<Deno.DatagramConn> {
    const path = `${this.#folder.path}/client-${this.#clients.length}`;
    const client = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#clients.push(client);
    for (let i = 0; i < count; i++) await this.ask(client, i);
    return client;
  }

  async ask(client: Deno.DatagramConn, number: number): Promise<void> {
    const data = new Uint8Array([number >> 8, number]);
    await deadline(client.send(data, this.serverAddress), LIMIT_MS);
  }

  /** The next number that a client hears, and from where. */
  async heard(client: Deno.DatagramConn): Promise<[number, Deno.Addr]> {
    const [data, sender] = await deadline(client.receive(), LIMIT_MS);
    return [data[0]! << 8 | data[1]!, sender];
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    for (const client of this.#clients) client.close();
  }
}

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

Deno.test({
  name: "AsyncUnixDatagramServer answers a burst of 300 when its client reads",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    await using server = new EchoServer(folder);
    const serving = server.serveForever();
    const client = await server.client(300);
    for (let i = 0; i < 300; i++) {
      assertEquals((await server.heard(client))[0], i);
    }
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
    assertEquals(server.record.errors, []);
  },
});

Deno.test({
  name: "AsyncUnixDatagramServer serves others while 300 clients read nothing",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    await using server = new EchoServer(folder, { drainTimeout: 1 });
    const serving = server.serveForever();
    const before = descriptors();
    for (let i = 0; i < 300; i++) await server.client(13);
    const client = await server.client(0);
    for (let i = 0; i < 20; i++) {
      await server.ask(client, i);
      assertEquals((await server.heard(client))[0], i);
    }
    // Some are tried just now; what waits, for 30 seconds, has none.
    const own = () => descriptors() - before - 301;
    await deadline(until(() => own() < 16), SOON_MS);
    await deadline(server.serverClose(), SOON_MS);
    await deadline(serving, LIMIT_MS);
    assertEquals(server.record.errors, []);
  },
});

Deno.test({
  name: "AsyncUnixDatagramServer tells when too much waits for a client",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    await using server = new EchoServer(folder);
    const serving = server.serveForever();
    await server.client(1100);
    const error = await server.record.nth(1);
    assertInstanceOf(error, Deno.errors.WouldBlock);
    assertEquals(
      error.message,
      "Cannot send a datagram as at most 1024 datagrams may wait for their receiver: current value is 1025",
    );
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
  },
});

Deno.test({
  name: "AsyncUnixDatagramServer replies under its own name",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    await using server = new EchoServer(folder);
    const serving = server.serveForever();
    const client = await server.client(1);
    assertEquals(await server.heard(client), [0, server.serverAddress]);
    await deadline(server.serverClose(), LIMIT_MS);
    await deadline(serving, LIMIT_MS);
  },
});

for (const name of ["\0", ""]) {
  const what = name === "" ? "a path" : "an abstract name";
  Deno.test({
    name: `AsyncUnixDatagramServer has a burst wait with a socket of ${what}`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${name}${folder.path}/given`;
      const socket = Deno.listenDatagram({ transport: "unixpacket", path });
      await using server = new EchoServer(folder, { socket });
      const serving = server.serveForever();
      const client = await server.client(40);
      for (let i = 0; i < 40; i++) {
        assertEquals((await server.heard(client))[0], i);
      }
      await deadline(server.serverClose(), LIMIT_MS);
      await deadline(serving, LIMIT_MS);
    },
  });
}

Deno.test(needing(["python3"], {
  name:
    "AsyncUnixDatagramServer serves others when a connected client reads nothing",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    await using server = new EchoServer(folder, { drainTimeout: 1 });
    const serving = server.serveForever();
    // What the system does not take back ends with the client.
    await using deaf = new ChildProgram(
      "python3",
      `${CLIENTS}/deaf_unix_client.py`,
      server.serverAddress.path,
      `${folder.path}/deaf`,
      "285",
      "never",
    );
    assertEquals(await deaf.line(), "sent 285");
    assertInstanceOf(await server.record.nth(1), Deno.errors.TimedOut);
    const client = await server.client(0);
    for (let i = 0; i < 20; i++) {
      await server.ask(client, i);
      assertEquals((await server.heard(client))[0], i);
    }
    await deadline(server.serverClose(), SOON_MS);
    await deadline(serving, LIMIT_MS);
  },
}));
