import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { concat } from "@std/bytes/concat";
import { FrameType, jsonPayload } from "../../src/remote/frames.ts";
import { NearSide } from "../../src/remote/near_side.ts";
import { PendingRequest } from "../../src/remote/pending_request.ts";
import { frameBytes } from "../fixtures/frame_bytes.ts";
import { FrameLink } from "../fixtures/frame_link.ts";
import { FrameRecorder } from "../fixtures/frame_recorder.ts";
import {
  brokenFrames,
  fuzzedFrames,
  type FuzzedTraffic,
} from "../fixtures/fuzzed_frames.ts";
import { EchoHandler } from "../fixtures/handlers/any_echo_handler.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import {
  forEachSeed,
  type Random,
  randomCuts,
  seededRandom,
} from "../fixtures/seeded_cases.ts";
import { UnhandledRejections } from "../fixtures/unhandled_rejections.ts";

// Whatever one side is sent, it throws nothing, forgets no promise, does no more
// than it was sent, and goes on with the requests that nobody has touched.

type Bytes = Uint8Array<ArrayBuffer>;

const LIMIT_MS = 20_000;
const AT_ONCE = 250;
const ADDRESS: Deno.NetAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 1,
};
const encoder = new TextEncoder();
/** The IDs of requests: the near side counts. */
const HONEST_STREAM = 1;
const HONEST_DATAGRAM = 2;
const VICTIMS = { streams: [3, 4, 5], datagrams: [6, 7, 8] };
const traffic: Omit<FuzzedTraffic, "side"> = {
  ...VICTIMS,
  ofNone: false,
  address: ADDRESS,
};

/** A datagram without a socket, and what was sent for it. */
class MemoryDatagram {
  readonly replies: Uint8Array[] = [];
  readonly request: readonly [Bytes, {
    readonly addr: Deno.Addr;
    send(data: Uint8Array): Promise<number>;
  }] = [
    encoder.encode("datagram"),
    {
      addr: ADDRESS,
      send: (data) => {
        this.replies.push(data);
        return Promise.resolve(data.length);
      },
    },
  ];
}

/** The requests whose frames are fuzzed: connections and datagrams. */
function victims(): unknown[] {
  return [
    ...VICTIMS.streams.map(() =>
      new MemoryConnection([encoder.encode("hello")], false)
    ),
    ...VICTIMS.datagrams.map(() => new MemoryDatagram().request),
  ];
}

/** The near side of two honest requests and of others. */
class Attacked {
  readonly sent = new FrameRecorder();
  readonly faults: Error[] = [];
  shutdowns = 0;
  /** Why the far side is to be ended, if it is. */
  breach: Error | null = null;
  readonly near = new NearSide(this.sent.carrier, {
    onShutdown: () => this.shutdowns++,
    onFault: (error) => void this.faults.push(error),
  });
  readonly stream = new MemoryConnection([encoder.encode("hello")], false);
  readonly datagram = new MemoryDatagram();
  readonly #open = [
    this.stream,
    this.datagram.request,
    ...victims(),
  ].map((request) => this.near.open(new PendingRequest(request, ADDRESS)));

  constructor() {
    for (const handled of this.#open) handled.catch(() => {}); // looked at later
    this.near.breach.then((error) => this.breach = error);
    this.near.push(frameBytes(FrameType.ready, 0));
  }

  /** Resolves when the honest requests have been handled. */
  async honest(): Promise<void> {
    await deadline(Promise.all(this.#open.slice(0, 2)), LIMIT_MS);
  }

  /** Ends what goes on; the results of all requests. */
  async end(): Promise<PromiseSettledResult<void>[]> {
    this.near.fail(new Deno.errors.BadResource("the end of the test"));
    return await deadline(Promise.allSettled(this.#open), LIMIT_MS);
  }
}

/** Counts what the far side sends. */
class CountingLink extends FrameLink {
  bytesToNear = 0;

  override sendToNear(batch: Bytes): void {
    this.bytesToNear += batch.length;
    super.sendToNear(batch);
  }
}

/** Puts the frames of the honest requests, in order, between others. */
function withHonest(random: Random, frames: readonly Bytes[]): Bytes[] {
  const honest = [
    frameBytes(FrameType.data, HONEST_STREAM, encoder.encode("he")),
    frameBytes(
      FrameType.reply,
      HONEST_DATAGRAM,
      jsonPayload({ reply: 1, address: ADDRESS }, encoder.encode("yes")),
    ),
    frameBytes(FrameType.data, HONEST_STREAM, encoder.encode("llo")),
    frameBytes(FrameType.done, HONEST_DATAGRAM),
    frameBytes(FrameType.end, HONEST_STREAM),
    frameBytes(FrameType.done, HONEST_STREAM),
  ];
  const mixed = [...frames];
  const places = honest.map(() => random(mixed.length + 1)).sort((a, b) =>
    b - a
  );
  for (const [i, place] of places.entries()) {
    mixed.splice(place, 0, honest[honest.length - 1 - i]!);
  }
  return mixed;
}

/** Pushes what was cut at random places, as fast as it is taken. */
async function pushCut(
  random: Random,
  bytes: Bytes,
  near: NearSide,
): Promise<void> {
  for (const piece of randomCuts(random, bytes)) {
    const taken = near.push(piece);
    if (taken !== undefined) await deadline(taken, LIMIT_MS);
    else if (random(20) === 0) await Promise.resolve();
  }
}

/** Checks that the near side has not done more than it was sent. */
function assertBounded(
  { sent, faults, shutdowns }: Attacked,
  frames: readonly Bytes[],
): void {
  const given = frames.reduce((sum, { length }) => sum + length, 0);
  const back = sent.frames.reduce(
    (sum, { payload }) => sum + payload.length,
    0,
  );
  assert(shutdowns + faults.length <= frames.length);
  // Each reply has its result, and each request its beginning and its end.
  assert(
    sent.frames.length <= frames.length + 20,
    `${frames.length} frames led to ${sent.frames.length}`,
  );
  assert(
    back <= 4 * given + 4000 * sent.frames.length,
    `${given} bytes led to ${back}`,
  );
}

/** Checks that the honest requests have got what is theirs. */
function assertHonest({ stream, datagram }: Attacked): void {
  assertEquals(stream.output, encoder.encode("hello"));
  assertEquals(datagram.replies, [encoder.encode("yes")]);
  assert(stream.writeClosed && !stream.closed);
}

/** Fuzzes what a near side is sent, once. */
async function assertFuzzed(
  random: Random,
  ofNone: boolean,
  breaks: boolean,
): Promise<void> {
  const attacked = new Attacked();
  const frames = withHonest(
    random,
    fuzzedFrames(random, { side: "near", ...traffic, ofNone }),
  );
  const bytes = breaks ? brokenFrames(random, frames) : concat(frames);
  await pushCut(random, bytes, attacked.near);
  // One that ends where it should not may take the others with it.
  if (!breaks && attacked.breach === null) {
    await attacked.honest();
    assertHonest(attacked);
  }
  if (!ofNone) assertEquals(attacked.breach, null);
  assertBounded(attacked, frames);
  for (const error of attacked.faults) assertInstanceOf(error, Error);
  for (const result of await attacked.end()) {
    if (result.status === "rejected") assertInstanceOf(result.reason, Error);
  }
  assertEquals(attacked.near.size, 0);
}

for (
  const [what, ofNone, breaks] of [
    ["of others are fuzzed", false, false],
    ["of no request are fuzzed too", true, false],
    ["end where they should not", true, true],
  ] as const
) {
  Deno.test(`NearSide.push() ends what it must when frames ${what}`, async () => {
    using rejections = new UnhandledRejections();
    // At once, as each waits for a turn of the event loop now and then.
    await forEachSeed(1500 / AT_ONCE, async (random) => {
      await Promise.all(
        Array.from(
          { length: AT_ONCE },
          () => assertFuzzed(seededRandom(random(0xffff_ffff)), ofNone, breaks),
        ),
      );
      assertEquals(await rejections.now(), 0);
    });
  });
}

for (const breaks of [false, true]) {
  const what = breaks ? "end where they should not" : "are fuzzed";
  Deno.test(`FarSide.push() throws nothing for frames that ${what}`, async () => {
    await forEachSeed(400, async (random) => {
      using rejections = new UnhandledRejections();
      using link = new CountingLink(EchoHandler.moduleUrl, EchoHandler.name);
      await link.start();
      const honest = new MemoryConnection([encoder.encode("he")], false);
      const datagram = new MemoryDatagram();
      const open = [
        honest,
        datagram.request,
        ...victims(),
      ].map((request) => link.handle(request));
      for (const handled of open) handled.catch(() => {}); // looked at later
      const frames = fuzzedFrames(random, { side: "far", ...traffic });
      const bytes = breaks ? brokenFrames(random, frames) : concat(frames);
      for (const piece of randomCuts(random, bytes)) link.sendToFar(piece);

      honest.halfClose();
      await deadline(link.sidesReached(), LIMIT_MS);
      if (!breaks) {
        await deadline(Promise.all(open.slice(0, 2)), LIMIT_MS);
        assertEquals(honest.output, encoder.encode("he"));
        assertEquals(datagram.replies, [encoder.encode("datagram")]);
      }

      // It may answer each frame, but not each byte.
      assert(
        link.bytesToNear <= 4 * bytes.length + 4000 * (frames.length + 20),
        `${bytes.length} bytes led to ${link.bytesToNear}`,
      );
      link.channel.fail(new Deno.errors.BadResource("the end of the test"));
      await deadline(Promise.allSettled(open), LIMIT_MS);
      assertEquals(link.channel.size, 0);
      assertEquals(link.faults, []);
      assertEquals(await rejections.now(), 0);
    });
  });
}
