import { assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ThreadingUDPServer } from "@socketserver/socketserver";
import { DatagramOrderHandler } from "../fixtures/handlers/datagram_order_handler.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const LIMIT_MS = 30_000;

/** The replies to one datagram. */
async function repliesTo(order: string, count: number): Promise<string[]> {
  await using server = new ThreadingUDPServer(ADDRESS, DatagramOrderHandler, {
    maxThreads: 1,
    drainTimeout: 60,
  });
  const record = new ErrorRecord(server);
  server.serveForever();
  const client = Deno.listenDatagram({ transport: "udp", ...ADDRESS });
  try {
    await client.send(new TextEncoder().encode(order), server.serverAddress);
    const replies: string[] = [];
    while (replies.length < count) {
      const [data, sender] = await deadline(client.receive(), LIMIT_MS);
      assertEquals(sender, server.serverAddress);
      replies.push(new TextDecoder().decode(data));
    }
    await deadline(server.serverClose(), LIMIT_MS);
    assertEquals(record.errors, []);
    return replies;
  } finally {
    client.close();
  }
}

Deno.test("ThreadingUDPServer replies with what a handler writes to wfile", async () => {
  assertEquals(await repliesTo("wfile", 1), ["through wfile"]);
});

Deno.test("ThreadingUDPServer replies with what a handler sends through the socket", async () => {
  assertEquals(await repliesTo("socket", 1), ["through the socket"]);
});

Deno.test("ThreadingUDPServer sends several replies in order", async () => {
  const replies = await repliesTo("several", 4);
  assertEquals(replies, ["one", "two", "three", "four"]);
});

Deno.test("ThreadingUDPServer sends a reply that the handler does not wait for", async () => {
  assertEquals(await repliesTo("not awaited", 1), ["not awaited"]);
});

Deno.test("ThreadingUDPServer tells handlers the socket's address", async () => {
  const [address] = await repliesTo("address", 1);
  const { transport, hostname } = JSON.parse(address!);
  assertEquals([transport, hostname], ["udp", "127.0.0.1"]);
});

Deno.test("ThreadingUDPServer makes a reply that cannot be sent reject in the handler", async () => {
  const expected = Deno.build.os === "windows" ? "WSAEMSGSIZE" : "EMSGSIZE";
  assertEquals(await repliesTo("too large", 1), [expected]);
});
