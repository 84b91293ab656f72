import { RequestReader } from "@socketserver/socketserver";
import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ChatHandler, ChatServer } from "../examples/chat.ts";
import { until } from "./fixtures/until.ts";

const LIMIT_MS = 30_000;
/** Many times what the system holds for a client that does not read. */
const MOST_LINES = 2000;
const LINE = "x".repeat(60_000);
const READERS = 49;

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

Deno.test("examples/chat.ts drops a member that does not read, and no other", async () => {
  await using server = new WatchedChat(
    { hostname: "127.0.0.1", port: 0 },
    ChatHandler,
  );
  const serving = server.serveForever();
  const { hostname, port } = server.serverAddress;
  const connect = () => Deno.connect({ hostname, port });
  const lazy = await connect();
  const clients = await Promise.all(Array.from({ length: READERS }, connect));
  try {
    const readers = clients.map((client) => new RequestReader(client));
    await until(() => server.members.size === READERS + 1);

    const line = new TextEncoder().encode(`${LINE}\n`);
    let spoken = 0;
    while (server.members.size > READERS && spoken < MOST_LINES) {
      for (let sent = 0; sent < line.length;) {
        sent += await clients[0]!.write(line.subarray(sent));
      }
      spoken++;
      const heard = Promise.all(readers.map((reader) => reader.readLine()));
      const isWhole = (text: string | null) => text === LINE;
      assert((await deadline(heard, LIMIT_MS)).every(isWhole));
    }

    assertEquals(server.members.size, READERS);
    assertEquals(server.failed, [lazy.localAddr]);
    const text = await deadline(readAll(lazy), LIMIT_MS);
    assert(text > 1_000_000 && text < spoken * line.length, `${text}`);
  } finally {
    for (const client of clients) client.close();
    lazy.close();
  }
  await deadline(server.serverClose(), LIMIT_MS);
  await serving;
  assertEquals(server.stats, {
    accepted: READERS + 1,
    refused: 0,
    handled: READERS,
    failed: 1,
    active: 0,
    waiting: 0,
  });
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
