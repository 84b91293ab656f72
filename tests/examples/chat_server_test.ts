import { RequestReader } from "@socketserver/socketserver";
import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { TextLineStream } from "@std/streams/text-line-stream";
import { ChatHandler, ChatServer } from "../../examples/chat_server.ts";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { ResettingClient } from "../fixtures/clients/resetting_client.ts";
import { withExample } from "../fixtures/example.ts";
import { needing } from "../fixtures/installed_program.ts";
import { until } from "../fixtures/until.ts";
import {
  assertRefusesTakenPort,
  type ExampleProcess,
  withExampleProcess,
} from "./example_process.ts";

const LIMIT_MS = 30_000;
const windows = Deno.build.os === "windows";

const withChat = (body: (chat: ExampleProcess) => Promise<void>) =>
  withExampleProcess("chat_server.ts", body);

/** Somebody at nc: it types lines, and sees others. */
class Typist implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #keyboard: WritableStreamDefaultWriter<Uint8Array>;
  readonly #screen: ReadableStreamDefaultReader<string>;

  constructor(port: string) {
    this.#process = new Deno.Command("nc", {
      args: ["-N", "127.0.0.1", port],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#keyboard = this.#process.stdin.getWriter();
    this.#screen = this.#process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
  }

  type(line: string) {
    return this.#keyboard.write(new TextEncoder().encode(`${line}\n`));
  }

  /** Ends its input, as Ctrl-D does. */
  hangUp() {
    return this.#keyboard.close();
  }

  /** Asserts what comes next. */
  async sees(...lines: string[]) {
    for (const line of lines) {
      const { value } = await deadline(this.#screen.read(), LIMIT_MS);
      assertEquals(value, line);
    }
  }

  async [Symbol.asyncDispose]() {
    await this.#keyboard.abort().catch(() => {});
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.#screen.cancel();
    await this.#process.status;
  }
}

Deno.test(needing(["nc"], {
  name: "examples/chat_server.ts has several people at nc talk, in rooms",
  fn: () =>
    withChat(async ({ place }) => {
      await using ada = new Typist(place);
      await ada.sees("* Your name?");
      await ada.type("ada");
      await ada.sees("* ada has come");
      await using grace = new Typist(place);
      await grace.type("grace");
      await grace.sees("* Your name?", "* grace has come");
      await grace.type("hello");
      await grace.sees("grace: hello");
      await ada.sees("* grace has come", "grace: hello");
      await using hedy = new Typist(place);
      await hedy.type("hedy");
      await hedy.type("/join films");
      await hedy.type("anybody?");
      const moves = ["* hedy has come", "* hedy has gone to films"];
      await hedy.sees("* Your name?", ...moves, "* hedy has come");
      await hedy.sees("hedy: anybody?");
      await ada.sees(...moves);
      await ada.type("/quit");
      await grace.sees(...moves, "* ada has left");
      await grace.hangUp();
    }),
}));

Deno.test("examples/chat_server.ts goes on where somebody vanishes", () =>
  withChat(async ({ address }) => {
    await using ada = new Dialogue(await Deno.connect(address));
    await ada.send("ada");
    assertEquals(await ada.receive(), "* Your name?");
    assertEquals(await ada.receive(), "* ada has come");
    const to = { ...address, transport: "tcp" } as const;
    const ghost = await ResettingClient.connect(to);
    await ghost.send("ghost");
    assertEquals(await ada.receive(), "* ghost has come");
    await ghost.reset();
    assertEquals(await ada.receive(), "* ghost has left");
    await ada.send("still here");
    assertEquals(await ada.receive(), "ada: still here");
  }));

/** Notes whom errors are about. */
class WatchedChat extends ChatServer {
  readonly failed: Deno.Addr[] = [];
  override handleError(
    _error: unknown,
    _request: unknown,
    clientAddress: Deno.Addr,
  ) {
    this.failed.push(clientAddress);
  }
}

const READERS = 20;
const LINE = "x".repeat(990);
/** Many times what the system holds for a client that does not read. */
const MOST_LINES = 30_000;
/** How many lines are on their way at once. */
const BATCH = 50;

Deno.test("examples/chat_server.ts drops a member that does not read, and no other", async () => {
  await using server = new WatchedChat(
    { hostname: "127.0.0.1", port: 0 },
    ChatHandler,
  );
  const serving = server.serveForever();
  const { hostname, port } = server.serverAddress;
  const connect = async (name: string) => {
    const client = await Deno.connect({ hostname, port });
    await client.write(new TextEncoder().encode(`${name}\n`));
    await until(() => server.members.has(name));
    return client;
  };
  const lazy = await connect("lazy");
  const clients: Deno.TcpConn[] = [];
  for (let i = 0; i < READERS; i++) clients.push(await connect(`reader${i}`));
  try {
    const readers = clients.map((client) => new RequestReader(client));
    const batch = new TextEncoder().encode(`${LINE}\n`.repeat(BATCH));
    const spoken = `reader0: ${LINE}`;
    let lines = 0;
    for (; server.members.has("lazy") && lines < MOST_LINES; lines += BATCH) {
      const heard = Promise.all(readers.map(async (reader) => {
        for (let count = 0; count < BATCH;) {
          if (await reader.readLine() === spoken) count++;
        }
      }));
      for (let sent = 0; sent < batch.length;) {
        sent += await clients[0]!.write(batch.subarray(sent));
      }
      await deadline(heard, LIMIT_MS);
    }
    await until(() => server.failed.length > 0);
    assertEquals(server.members.size, READERS);
    assertEquals(server.failed, [lazy.localAddr]);
    const bytes = await deadline(readAll(lazy), LIMIT_MS);
    assert(bytes > 1_000_000 && bytes < lines * spoken.length, `${bytes}`);
  } finally {
    for (const client of clients) client.close();
    lazy.close();
  }
  await deadline(server.serverClose(), LIMIT_MS);
  await serving;
  const { handled, failed } = server.stats;
  assertEquals([handled, failed], [READERS, 1]);
});

/** Reads to the end, which may be a reset; tells how many bytes there were. */
async function readAll(client: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(65_536);
  let all = 0;
  try {
    for (let n; (n = await client.read(buffer)) !== null;) all += n;
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
  }
  return all;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `examples/chat_server.ts ends beside its members on ${signal}`,
    ignore: windows,
    fn: () =>
      withExample("chat_server.ts", "0", async ({ place, stop }) => {
        const address = { hostname: "127.0.0.1", port: Number(place) };
        await using ada = new Dialogue(await Deno.connect(address));
        await ada.send("ada");
        assertEquals(await ada.receive(), "* Your name?");
        assertEquals(await ada.receive(), "* ada has come");
        assertEquals(await stop(signal), 0);
        await ada.ended();
      }),
  });
}

Deno.test("examples/chat_server.ts names the port that is taken", () =>
  assertRefusesTakenPort("chat_server.ts"));
