import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import {
  AsyncUnixDatagramServer,
  UnixDatagramServer,
  type UnixDatagramServerOptions,
} from "@socketserver/socketserver";
import { ChildProgram } from "../fixtures/child_program.ts";
import { TemporaryFolder } from "../fixtures/temporary_folder.ts";

const LIMIT_MS = 30_000;
const ignore = Deno.build.os === "windows";
const decoder = new TextDecoder();

/** A client with a path, which can be answered. */
class Client implements AsyncDisposable {
  readonly #socket: Deno.DatagramConn;
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
  }

  async send(text: string, path: string): Promise<void> {
    const data = new TextEncoder().encode(text);
    await this.#socket.send(data, { transport: "unixpacket", path });
  }

  async receive(): Promise<string> {
    const [data] = await deadline(this.#socket.receive(), LIMIT_MS);
    return decoder.decode(data);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await Deno.remove(this.#path);
  }
}

/** A server whose handler answers when it is told to, with what it was sent. */
class LateServer extends AsyncUnixDatagramServer {
  readonly #asked: Promise<void>;
  readonly #answer: () => void;

  constructor(path: string, options: UnixDatagramServerOptions = {}) {
    const asked = Promise.withResolvers<void>();
    const told = Promise.withResolvers<void>();
    super({ path }, async ([data, socket], client) => {
      asked.resolve();
      await told.promise;
      await socket.send(data, client);
    }, options);
    this.#asked = asked.promise;
    this.#answer = told.resolve;
  }

  /** Resolves when it has a request. */
  async asked(): Promise<void> {
    await deadline(this.#asked, LIMIT_MS);
  }

  /** Has it answer. */
  answer(): void {
    this.#answer();
  }
}

for (const closes of [false, true]) {
  const when = closes ? "while it is closed" : "while it serves";
  Deno.test({
    name: `AsyncUnixDatagramServer replies ${when} though another has its path`,
    ignore,
    async fn() {
      using folder = new TemporaryFolder();
      const path = `${folder.path}/socket`;
      await using client = new Client(`${folder.path}/client`);
      const old = new LateServer(path);
      const serving = old.serveForever();
      await client.send("old", path);
      await old.asked();

      await Deno.remove(path);
      const heard: string[] = [];
      await using next = new UnixDatagramServer({ path }, ([data]) => {
        heard.push(decoder.decode(data));
      });
      const closed = closes ? old.serverClose() : undefined;
      old.answer();
      assertEquals(await client.receive(), "old");
      await deadline(closed ?? old.serverClose(), LIMIT_MS);
      await serving;

      // The first thing that the other one hears is meant for it.
      await client.send("next", path);
      await next.handleRequest();
      assertEquals(heard, ["next"]);
    },
  });
}

Deno.test({
  name: "AsyncUnixDatagramServer replies though its socket file was removed",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    await using client = new Client(`${folder.path}/client`);
    await using server = new LateServer(path);
    const serving = server.serveForever();
    await client.send("hello", path);
    await server.asked();
    await Deno.remove(path);
    server.answer();
    assertEquals(await client.receive(), "hello");
    await server.serverClose();
    await serving;
  },
});

Deno.test({
  name:
    "AsyncUnixDatagramServer replies if its packets are shorter than a bell",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    await using client = new Client(`${folder.path}/client`);
    await using server = new LateServer(path, { maxPacketSize: 3 });
    const serving = server.serveForever();
    await client.send("a long word, longer than a bell", path);
    await server.asked();
    server.answer();
    assertEquals(await client.receive(), "a l");
    await server.shutdown();
    await serving;
  },
});

Deno.test({
  name: "AsyncUnixDatagramServer handles what an unbound client sends",
  ignore,
  async fn() {
    using folder = new TemporaryFolder();
    const path = `${folder.path}/socket`;
    await using client = new Client(`${folder.path}/client`);
    await using server = new LateServer(path);
    const serving = server.serveForever();
    await client.send("hello", path);
    await server.asked();
    server.answer();
    assertEquals(await client.receive(), "hello");

    // It has rung its bell now, and knows it from others without a path.
    const heard = Promise.withResolvers<Uint8Array>();
    server.finishRequest = ([data]) => heard.resolve(data);
    const unbound = Deno.listenDatagram({ transport: "unixpacket" });
    const data = new Uint8Array(16).fill(7);
    await unbound.send(data, server.serverAddress);
    unbound.close();
    assertEquals(await deadline(heard.promise, LIMIT_MS), data);
    await server.shutdown();
    await serving;
  },
});

Deno.test({
  name: "AsyncUnixDatagramServer replies after its program has changed folders",
  ignore,
  async fn() {
    using first = new TemporaryFolder();
    using second = new TemporaryFolder();
    await using client = new Client(`${first.path}/client`);
    await using child = ChildProgram.fixture(
      "changed_folder.ts",
      "AsyncUnixDatagramServer",
      first.path,
      second.path,
    );
    await child.line();
    await client.send("hello\n", `${first.path}/relative.sock`);
    assertEquals(await client.receive(), "hello\n");
  },
});
