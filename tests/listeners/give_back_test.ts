import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { giveBack } from "../../src/listeners/give_back.ts";
import { latin1 } from "../fixtures/proxy_headers.ts";
import { TcpPair } from "../fixtures/tcp_pair.ts";

const LIMIT_MS = 30_000;

/** A connection that was given back some bytes, and whose client sends more. */
async function pairOf(
  bytes: string,
  more: string,
  usedUp = () => {},
): Promise<TcpPair> {
  const pair = await TcpPair.open();
  await pair.client.write(latin1(more));
  await pair.client.closeWrite();
  giveBack(pair.server, latin1(bytes), usedUp);
  return pair;
}

async function readOf(connection: Deno.Conn, size: number): Promise<string> {
  const buffer = new Uint8Array(size);
  const count = await deadline(connection.read(buffer), LIMIT_MS);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}

Deno.test("giveBack() has read() give the bytes first", async () => {
  using pair = await pairOf("abc", "def");
  assertEquals(await readOf(pair.server, 0), "");
  assertEquals(await readOf(pair.server, 2), "ab");
  assertEquals(await readOf(pair.server, 9), "c");
  assertEquals(await readOf(pair.server, 9), "def");
  assertEquals(await readOf(pair.server, 9), "");
});

Deno.test("giveBack() has readable give the bytes first", async () => {
  using pair = await pairOf("abc", "def");
  const { readable } = pair.server;
  assertEquals(pair.server.readable, readable);
  const text = new Response(readable).text();
  assertEquals(await deadline(text, LIMIT_MS), "abcdef");
});

Deno.test("giveBack() has readable give what read() has left", async () => {
  for (const size of [1, 3]) {
    using pair = await pairOf("abc", "def");
    await readOf(pair.server, size);
    const text = new Response(pair.server.readable).text();
    assertEquals(await deadline(text, LIMIT_MS), "abcdef".slice(size));
  }
});

Deno.test("giveBack() leaves readable a stream of bytes", async () => {
  using pair = await pairOf("abc", "def");
  const reader = pair.server.readable.getReader({ mode: "byob" });
  let text = "";
  for (;;) {
    const read = reader.read(new Uint8Array(2));
    const { done, value } = await deadline(read, LIMIT_MS);
    if (done) break;
    text += new TextDecoder().decode(value);
  }
  assertEquals(text, "abcdef");
});

Deno.test("giveBack() has the cancellation of readable close the connection", async () => {
  using pair = await pairOf("abc", "def");
  await pair.server.readable.cancel();
  assertEquals(await readOf(pair.client, 1), "");
});

Deno.test("giveBack() tells once when it holds the bytes no more", async () => {
  for (const by of ["read", "readable", "both"]) {
    let times = 0;
    using pair = await pairOf("abc", "def", () => times++);
    if (by !== "readable") {
      await readOf(pair.server, 2);
      assertEquals(times, 0, by);
    }
    if (by === "read") await readOf(pair.server, 2);
    else await pair.server.readable.cancel();
    assertEquals(times, 1, by);
    if (by === "read") await readOf(pair.server, 2);
    assertEquals(times, 1, by);
  }
});
