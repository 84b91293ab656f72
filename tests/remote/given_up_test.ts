import { assertEquals, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { FarDatagram } from "../../src/remote/far_datagram.ts";
import { FarRequest } from "../../src/remote/far_request.ts";
import { FarStream } from "../../src/remote/far_stream.ts";
import { faultyRequest } from "../../src/remote/faulty_request.ts";
import {
  FrameType,
  jsonPayload,
  MAX_DATA,
  type Opening,
  WINDOW,
} from "../../src/remote/frames.ts";
import { errorIn, errorPayload } from "../../src/remote/remote_error.ts";
import { noteOrigin } from "../../src/streams/error_origin.ts";
import { frameBytes } from "../fixtures/frame_bytes.ts";
import { FrameLink } from "../fixtures/frame_link.ts";
import { FrameRecorder } from "../fixtures/frame_recorder.ts";
import { begun, moduleUrl } from "../fixtures/handlers/late_handlers.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 20_000;
const ADDRESS: Deno.NetAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 1,
};
const STREAM: Opening = {
  kind: "stream",
  localAddr: ADDRESS,
  clientAddress: ADDRESS,
  noDelay: true,
};
const DATAGRAM: Opening = { ...STREAM, kind: "datagram" };
const TOO_LONG = new Deno.errors.TimedOut("too long");

/** A far side, and what it sends once it has started. */
class FarLink extends FrameLink {
  readonly recorder = new FrameRecorder();
  #started = false;

  constructor() {
    super(moduleUrl, "lateHandler");
  }

  override async start(): Promise<void> {
    await super.start();
    this.#started = true;
  }

  override sendToNear(batch: Uint8Array<ArrayBuffer>): void {
    if (this.#started) this.recorder.carrier(batch);
    else super.sendToNear(batch);
  }

  /** What has been sent: the ID and the type of each frame. */
  get sent(): number[][] {
    return this.recorder.frames.map(({ id, type }) => [id, type]);
  }

  /** Begins a request whose handler waits. */
  async open(opening: Opening, id: number) {
    const count = begun.length;
    this.sendToFar(frameBytes(FrameType.open, id, jsonPayload(opening)));
    await until(() => begun.length > count);
    return begun[count]!;
  }
}

for (
  const [opening, outcomes] of [
    [STREAM, Array(4).fill("BadResource")],
    [DATAGRAM, ["BadResource"]],
  ] as const
) {
  Deno.test(`FarSide lets a ${opening.kind} go that is given up, and takes what its handler does later for nobody's`, async () => {
    using link = new FarLink();
    await link.start();
    const late = await link.open(opening, 7);
    if (opening === STREAM) {
      for (let sent = 0; sent < WINDOW; sent += MAX_DATA) {
        const data = new Uint8Array(MAX_DATA); // to be granted, if it were read
        link.sendToFar(frameBytes(FrameType.data, 7, data));
      }
    }
    link.sendToFar(frameBytes(FrameType.giveUp, 7, errorPayload(TOO_LONG)));
    await link.recorder.nth(FrameType.done, 1);
    const other = await link.open(opening, 7);
    late.goOn();
    assertEquals(await deadline(late.outcomes, LIMIT_MS), outcomes);
    assertEquals((late.reason as Error).message, "too long");
    // It still has its ID, and ends as it does.
    link.sendToFar(frameBytes(FrameType.abort, 7, errorPayload(TOO_LONG)));
    await deadline(link.sidesReached(), LIMIT_MS);
    other.goOn();
    const { payload } = await link.recorder.nth(FrameType.failed, 1);
    assertEquals(errorIn(payload).message, other.end.message);
    assertEquals(link.sent, [[7, FrameType.done], [7, FrameType.failed]]);
    assertEquals(link.faults, []);
  });
}

Deno.test("FarRequest.of() finds what a handler was given, and nothing else", () => {
  const stream = new FarStream(() => {}, STREAM);
  const datagram = new FarDatagram(() => {}, ADDRESS, new Uint8Array(1));
  assertStrictEquals(FarRequest.of(stream), stream);
  assertStrictEquals(FarRequest.of(datagram.request), datagram);
  const others = [null, 1, [], {}, datagram, [...datagram.request], [
    0,
    stream,
  ]];
  for (const other of others) assertStrictEquals(FarRequest.of(other), null);
});

Deno.test("faultyRequest() takes the only request, unless it was an earlier one's connection that failed", () => {
  const [one, other] = [1, 2].map(() => new FarStream(() => {}, STREAM));
  const open = new Map<number, FarRequest>([[1, one!]]);
  const failure = new Error("of the other");
  noteOrigin(failure, other!);
  assertEquals(faultyRequest(new Error("anything"), open), [1, one!]);
  assertEquals(faultyRequest(failure, open), [0]);
  assertEquals(faultyRequest(new Error("anything"), new Map()), [0]);
  open.set(2, other!);
  assertEquals(faultyRequest(failure, open), [2, other!]);
  assertEquals(faultyRequest(new Error("anything"), open), [0]);
});
