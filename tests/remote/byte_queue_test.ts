import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { ByteQueue } from "../../src/remote/byte_queue.ts";
import { forEachSeed, randomBytes } from "../fixtures/seeded_cases.ts";

/** Bytes as they come: in the middle of a larger buffer, or in their own. */
function piece(
  bytes: Uint8Array<ArrayBuffer>,
  bufferSize: number,
): Uint8Array<ArrayBuffer> {
  const buffer = new Uint8Array(Math.max(bytes.length, bufferSize));
  const at = buffer.length - bytes.length;
  buffer.set(bytes, at);
  return buffer.subarray(at);
}

Deno.test("ByteQueue.skip() gives all that was pushed, in order", () =>
  forEachSeed(60, (random) => {
    const queue = new ByteQueue();
    const given: number[] = [];
    const taken: number[] = [];
    for (let i = random(60); i > 0; i--) {
      const bytes = randomBytes(random, [0, 3, 100, 3000][random(4)]!);
      given.push(...bytes);
      queue.push(piece(bytes, [0, 1000, 20_000][random(3)]!), random(2) === 0);
      // What is being written stays as it is while more comes.
      while (queue.length > 0 && random(3) === 0) {
        const part = queue.first.subarray(0, 1 + random(queue.first.length));
        queue.push(piece(bytes, 20_000), false);
        given.push(...bytes);
        taken.push(...part);
        queue.skip(part.length);
      }
      assertEquals(queue.length, given.length - taken.length);
    }
    while (queue.length > 0) {
      taken.push(...queue.first);
      queue.skip(queue.first.length);
    }
    assertEquals(taken, given);
  }));

Deno.test("ByteQueue.push() keeps no large buffer for a few bytes", () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 3000; i++) {
    queue.push(piece(new Uint8Array(1), 65_536), false);
  }
  const buffers = new Set<ArrayBufferLike>();
  while (queue.length > 0) {
    buffers.add(queue.first.buffer);
    queue.skip(queue.first.length);
  }
  const kept = [...buffers].reduce(
    (sum, { byteLength }) => sum + byteLength,
    0,
  );
  assert(kept < 3 * 3000, `${kept}`);
  assert(buffers.size < 20, `${buffers.size}`);
});

Deno.test("ByteQueue.push() does not copy what fills its buffer, nor what is awaited", () => {
  const pieces: [length: number, awaited: boolean][] = [
    [60_000, false],
    [1, true],
  ];
  for (const [length, awaited] of pieces) {
    const queue = new ByteQueue();
    const bytes = piece(new Uint8Array(length), 65_536);
    queue.push(bytes, awaited);
    assertStrictEquals(queue.first, bytes);
  }
});

Deno.test("ByteQueue.clear() drops everything", () => {
  const queue = new ByteQueue();
  queue.push(new Uint8Array(3), false);
  queue.clear();
  assertEquals(queue.length, 0);
  queue.push(new Uint8Array([7]), false);
  assertEquals([queue.length, ...queue.first], [1, 7]);
});

Deno.test("ByteQueue.push() joins many bytes that come one by one", () => {
  const queue = new ByteQueue();
  for (let i = 0; i < 10_000; i++) queue.push(new Uint8Array([i]), false);
  let pieces = 0;
  for (; queue.length > 0; pieces++) queue.skip(queue.first.length);
  assert(pieces < 20, `${pieces} pieces`);
});
