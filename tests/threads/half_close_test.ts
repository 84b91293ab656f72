import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ThreadingTCPServer } from "@socketserver/socketserver";
import { connectTo } from "../fixtures/clients/connect_to.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";

// The ends of both directions cross the boundary between server and thread.

const ADDRESS = { hostname: "127.0.0.1", port: 0 };
const OPTIONS = { maxThreads: 1, drainTimeout: 1 };
const LIMIT_MS = 60_000;

Deno.test("ThreadingTCPServer answers a client that has shut its writing down", async () => {
  await using server = new ThreadingTCPServer(
    ADDRESS,
    ObedientHandler,
    OPTIONS,
  );
  server.serveForever();
  using client = await LineClient.connect(server, "first", "second", "third");
  await client.connection.closeWrite();
  assertEquals(await client.line(), "first");
  assertEquals(await client.line(), "second");
  assertEquals(await client.line(), "third");
  assertEquals(await client.line(), null);
});

Deno.test("ThreadingTCPServer ends the connection of a handler that returns early", async () => {
  await using server = new ThreadingTCPServer(
    ADDRESS,
    ObedientHandler,
    OPTIONS,
  );
  const record = new ErrorRecord(server);
  server.serveForever();
  using client = await LineClient.connect(server, "the last word", "leave");
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
  await using server = new ThreadingTCPServer(
    ADDRESS,
    PipeEchoHandler,
    OPTIONS,
  );
  const record = new ErrorRecord(server);
  server.serveForever();
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
