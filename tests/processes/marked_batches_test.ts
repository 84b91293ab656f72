import { assertEquals, assertNotEquals } from "@std/assert";
import { createMark } from "../../src/processes/batch_head.ts";
import { MarkedBatches } from "../../src/processes/marked_batches.ts";
import { concat } from "@std/bytes/concat";
import { markedBatch } from "../fixtures/marked_batch.ts";
import {
  forEachSeed,
  type Random,
  randomBytes,
  randomCuts,
} from "../fixtures/seeded_cases.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const MARK: Bytes = Uint8Array.from({ length: 16 }, (_, i) => 200 + i);

function joined(parts: Bytes[]): Bytes {
  return concat(parts);
}

/** What a program prints: parts of the mark too, but never all of it. */
function garbage(random: Random): Bytes {
  const parts = Array.from({ length: random(4) }, () => {
    const from = random(2) * random(16);
    return random(2) === 0
      ? randomBytes(random, 30)
      : MARK.slice(from, from + 1 + random(15));
  });
  const printed = joined(parts);
  return includes(printed, MARK) ? new Uint8Array(0) : printed;
}

function includes(bytes: Bytes, wanted: Bytes): boolean {
  return bytes.some((_, at) =>
    wanted.every((byte, i) => bytes[at + i] === byte)
  );
}

Deno.test("MarkedBatches.push() tells batches from what is printed, however they are cut", () =>
  forEachSeed(2000, (random) => {
    const found: Record<"batches" | "printed", Bytes[]> = {
      batches: [],
      printed: [],
    };
    const reader = new MarkedBatches(MARK, {
      onBatch: (bytes) => found.batches.push(bytes.slice()),
      onPrinted: (bytes) => found.printed.push(bytes.slice()),
    });
    const printed: Bytes[] = [];
    const batches: Bytes[] = [];
    const output: Bytes[] = [];
    for (let i = random(6); i >= 0; i--) {
      printed.push(garbage(random));
      batches.push(randomBytes(random, [0, 10, 3000][random(3)]!));
      output.push(printed.at(-1)!, markedBatch(MARK, batches.at(-1)!));
    }
    for (const piece of randomCuts(random, joined(output))) reader.push(piece);
    assertEquals(joined(found.printed), joined(printed));
    assertEquals(joined(found.batches), joined(batches));
  }));

Deno.test("MarkedBatches.push() passes on the beginning of a batch before its end comes", () => {
  const parts: Bytes[] = [];
  const reader = new MarkedBatches(MARK, {
    onBatch: (bytes) => parts.push(bytes),
    onPrinted: () => {},
  });
  const whole = markedBatch(MARK, new Uint8Array([1, 2, 3]));
  reader.push(whole.slice(0, -1));
  assertEquals(parts, [new Uint8Array([1, 2])]);
});

Deno.test("MarkedBatches.push() passes on what is printed before a batch follows", () => {
  const printed: Bytes[] = [];
  const reader = new MarkedBatches(MARK, {
    onBatch: () => {},
    onPrinted: (bytes) => printed.push(bytes),
  });
  reader.push(new Uint8Array([65, 10]));
  assertEquals(printed, [new Uint8Array([65, 10])]);
});

Deno.test("createMark() makes another mark each time", () => {
  assertNotEquals(createMark(), createMark());
});

Deno.test("MarkedBatches.push() tells of a batch without frames", () => {
  const parts: Bytes[] = [];
  const reader = new MarkedBatches(MARK, {
    onBatch: (bytes) => parts.push(bytes),
    onPrinted: () => {},
  });
  reader.push(markedBatch(MARK, new Uint8Array(0)));
  assertEquals(parts, [new Uint8Array(0)]);
});
