import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ForkingSession } from "../fixtures/forking_session.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";

const LIMIT_MS = 60_000;
const MEBIBYTES = 16;

/** A piece that differs from every other, so that none can go astray. */
function piece(number: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(262_144);
  for (let i = 0; i < words.length; i++) words[i] = number * words.length + i;
  return new Uint8Array(words.buffer);
}

Deno.test("ForkingTCPServer sends 16 MiB back with every byte right, to a client that half-closes", async () => {
  await using session = new ForkingSession(PipeEchoHandler);
  using client = await session.connect();
  const sent = Array.from({ length: MEBIBYTES }, (_, i) => piece(i));
  const sending = (async () => {
    for (const bytes of sent) {
      for (let at = 0; at < bytes.length;) {
        at += await client.write(bytes.subarray(at));
      }
    }
    await client.closeWrite();
  })();
  const receiving = (async () => {
    const received = new Uint8Array((MEBIBYTES + 1) * 1_048_576);
    for (let count = 0;;) {
      const size = await client.read(received.subarray(count));
      if (size === null) return received.subarray(0, count);
      count += size;
    }
  })();
  await deadline(sending, LIMIT_MS);
  const received = await deadline(receiving, LIMIT_MS);
  assertEquals(received.length, MEBIBYTES * 1_048_576);
  for (const [i, bytes] of sent.entries()) {
    const start = i * 1_048_576;
    const part = received.subarray(start, start + bytes.length);
    assert(part.every((byte, at) => byte === bytes[at]), `piece ${i} differs`);
  }
});

Deno.test("ForkingTCPServer answers a client that half-closes before it sends anything", async () => {
  await using session = new ForkingSession(PipeEchoHandler);
  assertEquals(await session.ask(""), "");
  await session.close();
  assertEquals(session.record.errors, []);
});
