// deno-lint-ignore-file no-console -- to print is one of the deeds
import { writeSync } from "node:fs";
import { FrameType, jsonPayload } from "../../../src/remote/frames.ts";
import { frameBytes } from "../../fixtures/frame_bytes.ts";
import { markedBatch } from "../../fixtures/marked_batch.ts";
import { ownMark } from "../../fixtures/own_mark.ts";
import { concat } from "@std/bytes/concat";

/** How long a hostile child writes frames, if nobody ends it, in milliseconds. */
const FLOOD_MS = 300;
/** How many frames a batch of a flood has. */
const BATCH = 64;
/** A server hears of one shutdown a turn: it takes a second for so many. */
const MOST_SHUTDOWN_BATCHES = 8;
/** How deep errors and values are nested. */
const DEPTH = 2000;
const PRINTED = "printed ".repeat(32_768);

/** What a client can have a handler do that a good one does not. */
export const deeds: Readonly<Record<string, () => void | Promise<void>>> = {
  throw() {
    throw new EvalError("thrown", { cause: new TypeError("its cause") });
  },
  forget() {
    Promise.resolve().then(() => {
      throw new EvalError("forgotten");
    });
  },
  deep() {
    let error = new EvalError("innermost");
    for (let i = 0; i < DEPTH; i++) error = new EvalError("", { cause: error });
    throw error;
  },
  wide() {
    const errors = Array.from({ length: DEPTH }, () => new EvalError("one"));
    throw new AggregateError(errors, "many");
  },
  odd() {
    throw {
      get message() {
        throw new EvalError("unreadable");
      },
    };
  },
  print() {
    console.error(PRINTED);
  },
  async slow() {
    await new Promise((resolve) => setTimeout(resolve, 200));
  },
  compute() {
    for (const end = performance.now() + 30; performance.now() < end;);
  },
  exit() {
    Deno.exit(3);
  },
  "flood replies": () => floodFrames(FrameType.reply, 1, { reply: nested() }),
  "flood faults": () =>
    floodFrames(FrameType.fault, 0, { name: "EvalError", message: "forged" }),
  "flood shutdowns": () =>
    floodFrames(FrameType.shutdown, 0, undefined, MOST_SHUTDOWN_BATCHES),
  "flood nonsense": () => floodFrames(99 as FrameType, 1),
  async "flood marks"() {
    const [first] = await ownMark();
    const bytes = new Uint8Array(65_536).fill(first!);
    floodBytes(bytes);
  },
};

/** The name of a deed for children only: it speaks their protocol. */
export function isFlood(deed: string): boolean {
  return deed.startsWith("flood ");
}

function nested(): unknown {
  let value: unknown = 1;
  for (let i = 0; i < DEPTH; i++) value = [value];
  return value;
}

async function floodFrames(
  type: FrameType,
  id: number,
  json?: unknown,
  mostBatches = Infinity,
): Promise<void> {
  const payload = json === undefined ? undefined : jsonPayload(json);
  const frame = frameBytes(type, id, payload);
  const batch = markedBatch(await ownMark(), concat(Array(BATCH).fill(frame)));
  floodBytes(batch, mostBatches);
}

function floodBytes(bytes: Uint8Array, most = Infinity): void {
  const end = performance.now() + FLOOD_MS;
  for (let i = 0; i < most && performance.now() < end; i++) writeSync(1, bytes);
}
