import { assert, assertEquals } from "@std/assert";
import { FrameReceiver } from "../../src/remote/frame_receiver.ts";
import { FrameSender } from "../../src/remote/frame_sender.ts";
import {
  FrameType,
  HEADER_SIZE,
  MAX_PAYLOAD,
} from "../../src/remote/frames.ts";
import { concat } from "@std/bytes/concat";
import { frameBytes } from "../fixtures/frame_bytes.ts";
import {
  forEachSeed,
  type Random,
  randomBytes,
  randomCuts,
} from "../fixtures/seeded_cases.ts";

interface Frame {
  type: number;
  id: number;
  payload: Uint8Array<ArrayBuffer>;
}

const TYPES = Object.values(FrameType);
const LONGEST = [0, 1, 10, 100, 5000, MAX_PAYLOAD];

function randomFrames(random: Random): Frame[] {
  return Array.from({ length: random(12) }, () => ({
    type: TYPES[random(TYPES.length)]!,
    id: random(5) === 0 ? 0xffff_ffff - random(3) : random(4),
    payload: randomBytes(random, LONGEST[random(LONGEST.length)]!),
  }));
}

/** Receives bytes in random pieces: frames, and the ids of refused ones. */
function received(
  random: Random,
  bytes: Uint8Array<ArrayBuffer>,
): { frames: Frame[]; refused: number[] } {
  const frames: Frame[] = [];
  const refused: number[] = [];
  const receiver = new FrameReceiver({
    receive: (type, id, payload) => frames.push({ type, id, payload }),
    reject: (id) => refused.push(id),
  });
  for (const piece of randomCuts(random, bytes)) receiver.push(piece);
  return { frames, refused };
}

/** What a sender is told that has one request. */
const idle = () => false;

/** Joins bytes, of which there may be none. */
function joined(parts: Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  return concat(parts);
}

Deno.test("FrameReceiver.push() finds all that FrameSender sent, however it is cut", () =>
  forEachSeed(300, async (random) => {
    const batches: Uint8Array<ArrayBuffer>[] = [];
    const sender = new FrameSender((batch) => batches.push(batch), idle);
    const frames = randomFrames(random);
    for (const { type, id, payload } of frames) {
      sender.send(type as FrameType, id, payload);
      if (random(3) === 0) await Promise.resolve();
    }
    sender.flush();
    const found = received(random, joined(batches));
    assertEquals(found, { frames, refused: [] });
  }));

Deno.test("FrameReceiver.push() leaves out the malformed frames alone", () =>
  forEachSeed(300, (random) => {
    const frames = randomFrames(random);
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const bad: number[] = [];
    for (const { type, id, payload } of frames) {
      parts.push(frameBytes(type, id, payload));
      if (random(3) > 0) continue;
      bad.push(id);
      const unknownType = TYPES.length + 1 + random(255 - TYPES.length);
      parts.push(
        random(2) === 0
          ? frameBytes(unknownType, id, payload)
          : frameBytes(type, id, new Uint8Array(MAX_PAYLOAD + 1 + random(9))),
      );
    }
    const found = received(random, joined(parts));
    assertEquals(found, { frames, refused: bad });
  }));

Deno.test("FrameSender.send() puts the frames of one run of code into one batch", async () => {
  const sizes: number[] = [];
  const sender = new FrameSender((batch) => sizes.push(batch.length), idle);
  sender.send(FrameType.data, 1, new Uint8Array(2000));
  sender.send(FrameType.end, 1);
  await Promise.resolve();
  sender.send(FrameType.end, 2);
  await Promise.resolve();
  assertEquals(sizes, [2000 + 2 * HEADER_SIZE, HEADER_SIZE]);
});

for (
  const [name, isBusy, size] of [
    ["several requests", () => true, 1],
    ["large pieces of data", idle, 5000],
  ] as const
) {
  Deno.test(`FrameSender.send() waits for the turn to end with ${name}`, async () => {
    const sizes: number[] = [];
    const sender = new FrameSender((batch) => sizes.push(batch.length), isBusy);
    sender.send(FrameType.data, 1, new Uint8Array(size));
    await Promise.resolve();
    sender.send(FrameType.end, 2);
    assertEquals(sizes, []);
    await new Promise((resolve) => setImmediate(resolve));
    assertEquals(sizes, [size + 2 * HEADER_SIZE]);
  });
}

Deno.test("FrameSender.flush() sends what waits, once", async () => {
  const sizes: number[] = [];
  const sender = new FrameSender((batch) => sizes.push(batch.length), idle);
  sender.send(FrameType.end, 1);
  sender.flush();
  assertEquals(sizes, [HEADER_SIZE]);
  await Promise.resolve();
  assertEquals(sizes, [HEADER_SIZE]);
});

Deno.test("FrameSender.send() sends a large batch at once", async () => {
  const sizes: number[] = [];
  const sender = new FrameSender((batch) => sizes.push(batch.length), idle);
  for (let i = 0; i < 1000; i++) {
    sender.send(FrameType.reply, 1, new Uint8Array(60_000));
  }
  sender.flush();
  const total = sizes.reduce((sum, size) => sum + size, 0);
  assertEquals(total, 1000 * (60_000 + HEADER_SIZE));
  assert(Math.max(...sizes) < 1_200_000, `${sizes}`);
  assert(sizes.length < 100, `${sizes}`);
  await new Promise((resolve) => setImmediate(resolve));
  assertEquals(sizes.reduce((sum, size) => sum + size, 0), total);
});

Deno.test("FrameSender.flush() leaves room before the frames of each batch", () => {
  const batches: Uint8Array[] = [];
  const sender = new FrameSender((batch) => batches.push(batch), idle, 20);
  sender.flush();
  // The first batch has to grow, the second has the size of the first.
  for (const size of [5000, 1]) {
    sender.send(FrameType.data, 1, new Uint8Array(size));
    sender.flush();
    const [batch] = batches.splice(0);
    batch!.fill(7, 0, 20);
    assertEquals(
      batch!.subarray(20),
      frameBytes(FrameType.data, 1, new Uint8Array(size)),
    );
  }
  sender.flush();
  assertEquals(batches, []);
});

Deno.test("FrameSender.flush() uses the buffer again of a batch that was copied, and no other", () => {
  for (const isCopied of [true, false]) {
    const buffers: ArrayBuffer[] = [];
    const copies: Uint8Array[] = [];
    const sender = new FrameSender((batch) => {
      buffers.push(batch.buffer);
      copies.push(batch.slice());
      return isCopied;
    }, idle);
    for (const byte of [1, 2]) {
      sender.send(FrameType.data, byte, new Uint8Array([byte]));
      sender.flush();
    }
    assertEquals(buffers[0] === buffers[1], isCopied);
    assertEquals(
      copies,
      [1, 2].map((byte) =>
        frameBytes(FrameType.data, byte, new Uint8Array([byte]))
      ),
    );
  }
});

Deno.test("FrameSender.flush() gives up a buffer that is far too large for its batch", () => {
  const sizes: number[] = [];
  const sender = new FrameSender((batch) => {
    sizes.push(batch.buffer.byteLength);
    return true;
  }, idle);
  for (const size of [100_000, 1, 1]) {
    sender.send(FrameType.data, 1, new Uint8Array(size));
    sender.flush();
  }
  assert(sizes[1]! >= 100_000, `${sizes}`);
  assert(sizes[2]! < 5000, `${sizes}`);
});

Deno.test("FrameSender.flush() makes room for as much again, though the batch was given away", () => {
  const sizes: number[] = [];
  const sender = new FrameSender((batch) => {
    sizes.push(batch.buffer.byteLength);
    batch.buffer.transfer();
  }, idle);
  for (const size of [100_000, 1]) {
    sender.send(FrameType.data, 1, new Uint8Array(size));
    sender.flush();
  }
  assertEquals(sizes, [100_000 + HEADER_SIZE, 100_000 + HEADER_SIZE]);
});

Deno.test("FrameReceiver.push() finds a frame that comes byte by byte, in linear time", () => {
  const frames: Frame[] = [];
  const receiver = new FrameReceiver({
    receive: (type, id, payload) => frames.push({ type, id, payload }),
    reject: (_id, error) => {
      throw error;
    },
  });
  const payload = new Uint8Array(MAX_PAYLOAD).fill(7);
  const start = performance.now();
  for (const byte of frameBytes(FrameType.open, 1, payload)) {
    receiver.push(new Uint8Array([byte]));
  }
  // It takes a tenth of a second; to copy all for each byte would take nine.
  assert(performance.now() - start < 4000);
  assertEquals(frames, [{ type: FrameType.open, id: 1, payload }]);
});

Deno.test("FrameSender.send() keeps a copy of the payload", async () => {
  const batches: Uint8Array[] = [];
  const sender = new FrameSender((batch) => batches.push(batch), idle);
  const payload = new Uint8Array([7]);
  sender.send(FrameType.data, 1, payload);
  payload[0] = 8;
  await Promise.resolve();
  assertEquals(batches, [
    frameBytes(FrameType.data, 1, new Uint8Array([7])),
  ]);
});
