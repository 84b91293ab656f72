import { assert, assertEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { FrameLink } from "../fixtures/frame_link.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import {
  forEachSeed,
  type Random,
  randomBytes,
  randomCuts,
} from "../fixtures/seeded_cases.ts";
import {
  RememberingDatagramHandler,
  RememberingStreamHandler,
} from "../fixtures/handlers/remembering_handlers.ts";

const LIMIT_MS = 10_000;
// The largest ones need credit, again and again, in both directions.
const LONGEST = [0, 100, 5000, 900_000];

async function linkTo(
  random: Random,
  handler: { moduleUrl: string; name: string },
): Promise<FrameLink> {
  const link = new FrameLink(
    handler.moduleUrl,
    handler.name,
    (batch) => randomCuts(random, batch),
  );
  await link.start();
  return link;
}

Deno.test("NearSide.open() echoes many streams at once, however frames are cut", () =>
  forEachSeed(25, async (random) => {
    using link = await linkTo(random, RememberingStreamHandler);
    await Promise.all(Array.from({ length: 1 + random(6) }, async () => {
      const input = randomBytes(random, LONGEST[random(LONGEST.length)]!);
      const client = new MemoryConnection([...randomCuts(random, input)]);
      await deadline(link.handle(client), LIMIT_MS);
      assert(client.writeClosed);
      assertEquals(client.output.length, input.length);
      assert(client.output.every((byte, i) => byte === input[i]));
    }));
    assertEquals(link.channel.size, 0);
    assertEquals(link.faults, []);
  }));

Deno.test("NearSide.open() replies to many datagrams, however frames are cut", () =>
  forEachSeed(60, async (random) => {
    using link = await linkTo(random, RememberingDatagramHandler);
    await Promise.all(Array.from({ length: 1 + random(6) }, async () => {
      const data = randomBytes(random, 65_535);
      const replies: Uint8Array[] = [];
      const socket = {
        addr: { transport: "udp", hostname: "127.0.0.1", port: 1 },
        send: (reply: Uint8Array) => {
          replies.push(reply.slice());
          return Promise.resolve(reply.length);
        },
      };
      await deadline(link.handle([data, socket]), LIMIT_MS);
      assertEquals(replies, [data]);
    }));
    assertEquals(link.channel.size, 0);
    assertEquals(link.faults, []);
  }));
