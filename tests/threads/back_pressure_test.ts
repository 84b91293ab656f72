import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { LineTooLongError } from "@socketserver/socketserver";
import type { LineClient } from "../fixtures/clients/line_client.ts";
import { ObedientHandler } from "../fixtures/handlers/obedient_handler.ts";
import { ThreadingSession } from "../fixtures/threading_session.ts";

// Who does not read stops who writes, across the boundary to the thread.

/** More than the system's buffers and the library's hold. */
const TOO_MUCH = 128 * 1024 * 1024;

/**
 * Waits until a number stands still, or is too large. The round trips of a
 * client of the same thread are the clock: what can go on goes on meanwhile.
 */
async function settled(
  neighbour: LineClient,
  current: () => number | Promise<number>,
): Promise<number> {
  let last = -1;
  for (let still = 0; still < 100; still++) {
    await neighbour.ask("tick");
    const value = await current();
    if (value > TOO_MUCH) return value;
    if (value !== last) still = 0;
    last = value;
  }
  return last;
}

Deno.test("A handler on a thread that does not read stops its client", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  using neighbour = await session.connect();
  const client = await session.connect("hold");
  assertEquals(await client.line(), "holding");
  let accepted = 0;
  const sending = (async () => {
    const piece = new Uint8Array(65_536);
    for (;;) accepted += await client.connection.write(piece);
  })().catch(() => {}); // when the test closes the connection
  await settled(neighbour, () => accepted);
  assert(accepted > 0 && accepted < TOO_MUCH, `${accepted} bytes`);
  assertEquals(await neighbour.ask("not disturbed"), "not disturbed");
  client[Symbol.dispose]();
  await sending;
  assertEquals(await neighbour.ask("release"), "released");
  // The handler goes on with what it was sent: a line without an end.
  assertInstanceOf(await session.record.nth(1), LineTooLongError);
});

Deno.test("A client that does not read stops its handler on a thread", async () => {
  await using session = new ThreadingSession(ObedientHandler);
  using neighbour = await session.connect();
  const client = await session.connect("flood");
  const written = async () => Number(await neighbour.ask("taken"));
  const taken = await settled(neighbour, written);
  assert(taken > 0 && taken < TOO_MUCH, `${taken} bytes`);
  // When the client reads, the handler goes on.
  const piece = new Uint8Array(65_536);
  for (let read = 0; read < taken;) {
    const count = await client.connection.read(piece);
    assert(count !== null, `The end after ${read} bytes`);
    read += count;
  }
  assert(await settled(neighbour, written) > taken);
  client[Symbol.dispose]();
  await session.record.nth(1);
});
