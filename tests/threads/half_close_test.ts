import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

// The ends of both directions cross the boundary between server and thread.

const LIMIT_MS = 60_000;

Deno.test("ThreadingTCPServer answers a client that has shut its writing down", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  using client = await session.connect("first", "second", "third");
  await client.connection.closeWrite();
  assertEquals(await client.line(), "first");
  assertEquals(await client.line(), "second");
  assertEquals(await client.line(), "third");
  assertEquals(await client.line(), null);
});

Deno.test("ThreadingTCPServer ends the connection of a handler that returns early", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  const { server, record } = session;
  using client = await session.connect("the last word", "leave");
  assertEquals(await client.line(), "the last word");
  assertEquals(await client.line(), null);
  await deadline(server.serverClose(), LIMIT_MS);
  assertEquals(record.errors, []);
});

async function sendBlocks(
  client: Deno.Conn,
  block: Uint8Array,
  count: number,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    for (let sent = 0; sent < block.length;) {
      sent += await client.write(block.subarray(sent));
    }
  }
  await client.closeWrite();
}

Deno.test("ThreadingTCPServer echoes 64 MB through a thread, every byte right", async () => {
  // Of a length that no buffer has, so that no piece can be mistaken.
  const block = crypto.getRandomValues(new Uint8Array(65_521));
  const blocks = 1025; // more than 64 MiB
  await using session = new ThreadingSession(PipeEchoHandler);
  const { server, record } = session;
  const client = await connectTo(server);
  const sending = sendBlocks(client, block, blocks);
  let received = 0;
  let wrong = 0;
  for await (const chunk of client.readable) {
    for (const byte of chunk) {
      if (byte !== block[received++ % block.length]) wrong++;
    }
  }
  await deadline(sending, LIMIT_MS);
  assertEquals({ received, wrong }, {
    received: blocks * block.length,
    wrong: 0,
  });
  assert(received >= 64 * 1024 * 1024);
  assertEquals(record.errors, []);
});
