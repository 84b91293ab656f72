import { assert, assertEquals } from "@std/assert";
import { HEAD_SIZE } from "../../src/processes/batch_head.ts";
import { MarkedBatches } from "../../src/processes/marked_batches.ts";
import { fuzzedBatches } from "../fixtures/fuzzed_batches.ts";
import { markedBatch } from "../fixtures/marked_batch.ts";
import {
  forEachSeed,
  randomBytes,
  randomCuts,
} from "../fixtures/seeded_cases.ts";

const MARK = Uint8Array.from({ length: 16 }, (_, i) => i < 8 ? 200 : 200 + i);

Deno.test("MarkedBatches.push() finds a place for every byte, whatever is written", () =>
  forEachSeed(3000, (random) => {
    const found = { inBatches: 0, printed: 0, calls: 0 };
    const reader = new MarkedBatches(MARK, {
      onBatch: (bytes) => {
        found.inBatches += bytes.length;
        found.calls++;
      },
      onPrinted: (bytes) => {
        found.printed += bytes.length;
        found.calls++;
      },
    });
    const output = fuzzedBatches(
      random,
      MARK,
      Array.from({ length: 1 + random(6) }, () => randomBytes(random, 300)),
    );
    const pieces = [...randomCuts(random, output)];
    for (const piece of pieces) reader.push(piece);
    // Only heads, and what may be one, are in neither.
    const taken = output.length - found.inBatches - found.printed;
    assert(taken >= 0, `${-taken} bytes too many`);
    const heads = Math.floor(output.length / HEAD_SIZE);
    assert(taken <= (heads + 1) * HEAD_SIZE, `${taken} bytes too few`);
    // Each head, and each piece, ends a call, and may begin another.
    assert(found.calls <= 2 * (pieces.length + heads + 1), `${found.calls}`);
  }));

Deno.test("MarkedBatches.push() finds a batch behind whatever is no batch", () =>
  forEachSeed(1000, (random) => {
    let last = new Uint8Array(0);
    const reader = new MarkedBatches(MARK, {
      onBatch: (bytes) => last = bytes.slice(),
      onPrinted: () => {},
    });
    const printed = Array.from({ length: random(5) }, () =>
      [
        () => MARK.slice(0, 1 + random(8)),
        () => new Uint8Array(1 + random(40)).fill(MARK[0]!),
        () => randomBytes(random, 40),
      ][random(3)]!());
    const frames = new Uint8Array([1, 2, 3]);
    for (const bytes of printed) reader.push(bytes);
    reader.push(markedBatch(MARK, frames));
    assertEquals(last, frames);
  }));
