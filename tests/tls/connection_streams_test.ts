import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { Dialogue } from "../fixtures/clients/dialogue.ts";
import { needing } from "../fixtures/installed_program.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";
import { TlsAuthority } from "./tls_authority.ts";
import { TlsPair } from "./tls_pair.ts";

const LIMIT_MS = 30_000;
const BYTES = new Uint8Array(100_000).map((_, i) => i * 7 >> 3);

interface Ends {
  readonly server: Deno.Conn;
  readonly client: Deno.Conn;
}

/** By whom the rules are, and who keeps them. */
const KINDS: Record<string, () => Promise<Ends & Disposable>> = {
  "Deno.TcpConn": TcpPair.open,
  async TlsConnection() {
    using authority = await TlsAuthority.create();
    return await TlsPair.open(authority);
  },
};

test("readable gives what comes, and closes the connection at its end", async ({ server, client }) => {
  assertStrictEquals(server.readable, server.readable);
  const all = new Response(server.readable).bytes();
  await writeAll(client, BYTES);
  await client.closeWrite();
  assertEquals(await all, BYTES);
  await assertClosed(server);
});

test("readable.cancel() closes the connection, though a read waits", async ({ server }) => {
  const reader = server.readable.getReader();
  const read = reader.read();
  await reader.cancel();
  assertEquals((await read).done, true);
  await assertClosed(server);
});

test("readable fills the buffer of a reader that brings one", async ({ server, client }) => {
  const reader = server.readable.getReader({ mode: "byob" });
  await client.write(BYTES.subarray(0, 3));
  const { value } = await reader.read(new Uint8Array(2));
  assertEquals(value, BYTES.slice(0, 2));
  assertEquals((await reader.read(new Uint8Array(2))).value?.length, 1);
});

test("readable takes nothing before it is read", async ({ server, client }) => {
  server.readable;
  await client.write(BYTES.subarray(0, 3));
  assertEquals(await server.read(new Uint8Array(10)), 3);
});

test("readable fails when the connection is closed", async ({ server }) => {
  const read = server.readable.getReader().read();
  server.close();
  await assertRejects(() => read);
});

test("writable sends all, and closes the connection when it is closed", async ({ server, client }) => {
  assertStrictEquals(server.writable, server.writable);
  const all = readAll(client);
  const writer = server.writable.getWriter();
  await Promise.all([writer.write(BYTES), writer.write(BYTES)]);
  await writer.close();
  assertEquals(await all, 2 * BYTES.length);
  await assertClosed(server);
});

test("writable.abort() closes the connection", async ({ server }) => {
  await server.writable.abort();
  await assertClosed(server);
});

test("writable fails of what is no bytes, and closes the connection", async ({ server }) => {
  const writer = server.writable.getWriter();
  const closed = assertRejects(() => writer.closed, TypeError);
  const text = "text" as unknown as Uint8Array<ArrayBuffer>;
  await assertRejects(() => writer.write(text), TypeError);
  await closed;
  await assertClosed(server);
});

test("readable.pipeTo(writable) sends back what comes", async ({ server, client }) => {
  const piped = server.readable.pipeTo(server.writable);
  await using dialogue = new Dialogue(client);
  for (const line of ["one", "two"]) {
    await dialogue.send(line);
    assertEquals(await dialogue.receive(), line);
  }
  await client.closeWrite();
  await piped;
  await dialogue.ended();
});

Deno.test(needing(["openssl"], {
  name: "TlsConnection.ref() and unref() are those of the connection below",
  async fn() {
    using authority = await TlsAuthority.create();
    using pair = await TlsPair.open(authority);
    const calls: string[] = [];
    pair.below.ref = () => void calls.push("ref");
    pair.below.unref = () => void calls.push("unref");
    pair.server.unref();
    pair.server.ref();
    assertEquals(calls, ["unref", "ref"]);
  },
}));

function test(name: string, body: (ends: Ends) => Promise<void>): void {
  for (const [kind, open] of Object.entries(KINDS)) {
    Deno.test(needing(["openssl"], {
      name: `${kind}.${name}`,
      async fn() {
        using rejections = new UnhandledRejections();
        using ends = await open();
        await deadline(body(ends), LIMIT_MS);
        assertEquals(await rejections.count(), 0);
      },
    }));
  }
}

async function writeAll(client: Deno.Conn, data: Uint8Array): Promise<void> {
  while (data.length > 0) data = data.subarray(await client.write(data));
}

async function readAll(client: Deno.Conn): Promise<number> {
  const buffer = new Uint8Array(65_536);
  let all = 0;
  for (let count; (count = await client.read(buffer)) !== null;) all += count;
  return all;
}

async function assertClosed(connection: Deno.Conn): Promise<void> {
  const { BadResource } = Deno.errors;
  await assertRejects(() => connection.read(new Uint8Array(1)), BadResource);
  await assertRejects(() => connection.write(new Uint8Array(1)), BadResource);
}
