import { assert, assertEquals, assertRejects } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { deadline } from "@std/async/deadline";
import { RemoteProtocolError } from "@socketserver/socketserver";
import {
  FrameType,
  jsonPayload,
  MAX_FAULTS,
  MAX_REPORTS,
  MAX_TEXT,
  MAX_WAITING,
  TURN_FRAMES,
} from "../../src/remote/frames.ts";
import { NearSide } from "../../src/remote/near_side.ts";
import { PendingRequest } from "../../src/remote/pending_request.ts";
import { ServerEvents } from "../../src/remote/server_events.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { frameBytes } from "../fixtures/frame_bytes.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";

// What a far side may cause: it is ended for more.

const LIMIT_MS = 10_000;
/** As how many frames one of the type `noDelay`, or `keepAlive`, counts. */
const COST_OF_SWITCH = 16;
const ERROR = jsonPayload({ name: "Error", message: "forged" });
const FAULT = frameBytes(FrameType.fault, 0, ERROR);
const READY = frameBytes(FrameType.ready, 0);

/** A client that keeps what was set. */
class Client extends MemoryConnection {
  readonly settings: boolean[] = [];
  readonly setNoDelay = (isOn = true): void => {
    this.settings.push(isOn);
  };
  readonly setKeepAlive = this.setNoDelay;
}

/** The near side of a far side that has one request. */
function nearSide(report?: () => Promise<void>) {
  const record = new ErrorRecord();
  const near = new NearSide(() => {}, {
    onShutdown: () => {},
    onFault: (...fault) => {
      record.handleError(...fault);
      return report?.();
    },
  });
  const client = new Client([], false);
  const result = near.open(new PendingRequest(client, client.remoteAddr));
  result.catch(() => {});
  return { near, record, client, result };
}

function repeated(
  count: number,
  frame: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return concat(Array.from({ length: count }, () => frame));
}

for (
  const [what, frame] of [
    ["an ID that was not given", frameBytes(FrameType.data, 2)],
    ["the largest ID", frameBytes(FrameType.done, 0xffff_ffff)],
    ["a fault of an ID that was not given", frameBytes(12, 2, ERROR)],
    ["data of no request", frameBytes(FrameType.data, 0)],
    ["done of no request", frameBytes(FrameType.done, 0)],
    ["an unknown type of no request", frameBytes(99, 0)],
    ["a large frame of no request", frameBytes(2, 0, new Uint8Array(300_000))],
    ["a second ready", READY],
    ["a second ready with an error", frameBytes(FrameType.ready, 0, ERROR)],
    ["a shutdown with a payload", frameBytes(13, 0, new Uint8Array(1))],
    ["a fault without a payload", frameBytes(FrameType.fault, 0)],
    [
      "a fault of a large text",
      frameBytes(12, 0, jsonPayload({ name: "x".repeat(MAX_TEXT) })),
    ],
  ] as const
) {
  Deno.test(`NearSide.push() ends a far side that sends ${what}`, async () => {
    const { near, record, client, result } = nearSide();
    near.push(READY);
    near.push(frame);
    const error = await deadline(near.breach, LIMIT_MS);
    assertEquals(error.constructor, RemoteProtocolError);
    assertEquals(await assertRejects(() => result), error);
    assertEquals(
      await assertRejects(() =>
        near.open(new PendingRequest(client, client.remoteAddr))
      ),
      error,
    );
    near.push(FAULT);
    assertEquals(record.errors, []);
    client.close();
  });
}

Deno.test("NearSide.push() reports the end of a far side that has no request, once", async () => {
  const { near, record, client, result } = nearSide();
  near.push(concat([READY, frameBytes(FrameType.done, 1)]));
  await deadline(result, LIMIT_MS);
  near.push(repeated(3, frameBytes(FrameType.data, 9)));
  assertEquals(record.errors, [await deadline(near.breach, LIMIT_MS)]);
  client.close();
});

for (const type of ["noDelay", "keepAlive"] as const) {
  Deno.test(`NearSide.push() takes so many frames in a turn, and the rest in order, of the type ${type}`, async () => {
    const { near, client, result } = nearSide();
    const values = Array.from({ length: 3000 }, (_, i) => i % 3 === 0);
    const frames = values.map((value) =>
      frameBytes(FrameType[type], 1, new Uint8Array([value ? 1 : 0]))
    );
    // However they are cut.
    const bytes = concat(frames);
    const taken = [
      near.push(bytes.slice(0, 20_005)),
      near.push(bytes.slice(20_005)),
      near.push(frameBytes(FrameType.done, 1)),
    ];
    assertEquals(client.settings.length, TURN_FRAMES / COST_OF_SWITCH);
    assert(taken[0] !== undefined);
    const all = Promise.all(taken);
    let allTaken = false;
    all.then(() => allTaken = true);
    const end = performance.now() + LIMIT_MS;
    for (let last = 0; !allTaken && performance.now() < end;) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      // There may be a few turns between two looks.
      const most = 8 * TURN_FRAMES / COST_OF_SWITCH;
      assert(client.settings.length - last < most);
      last = client.settings.length;
    }
    await deadline(all, LIMIT_MS);
    assertEquals(client.settings, values);
    client.close();
    await deadline(result, LIMIT_MS);
  });
}

Deno.test("NearSide.push() takes a few frames at once", async () => {
  const { near, client, result } = nearSide();
  assertEquals(near.push(repeated(9, frameBytes(FrameType.end, 1))), undefined);
  assertEquals(near.push(frameBytes(FrameType.done, 1)), undefined);
  client.close();
  await deadline(result, LIMIT_MS);
});

Deno.test("NearSide.push() ends a far side of which too much waits", async () => {
  const { near, client, result } = nearSide();
  const bytes = repeated(MAX_WAITING / 1024, new Uint8Array(1024).fill(0));
  const ended = repeated(TURN_FRAMES, frameBytes(FrameType.end, 1));
  near.push(ended);
  near.push(bytes);
  near.push(bytes);
  assertEquals(near.size, 1);
  near.push(new Uint8Array(1));
  const error = await deadline(near.breach, LIMIT_MS);
  assertEquals(
    error.message,
    `Cannot take more frames as at most ${
      2 * MAX_WAITING
    } bytes of them may wait: current value is ${2 * MAX_WAITING + 1}`,
  );
  client.close();
  assertEquals(await assertRejects(() => result), error);
});

Deno.test("NearSide.push() ends a far side with more faults than are being reported", async () => {
  const reported = Promise.withResolvers<void>();
  const { near, record, client, result } = nearSide(() => reported.promise);
  await near.push(repeated(MAX_FAULTS, FAULT));
  assertEquals(record.errors.length, MAX_FAULTS);
  await near.push(frameBytes(FrameType.fault, 1, ERROR));
  const error = await deadline(near.breach, LIMIT_MS);
  assertEquals(await assertRejects(() => result), error);
  assertEquals(record.errors.length, MAX_FAULTS);
  client.close();
  reported.resolve();
});

Deno.test("NearSide.push() takes any number of faults, as they are reported", async () => {
  const { near, record, client } = nearSide(() => Promise.resolve());
  await near.push(repeated(3 * MAX_FAULTS, FAULT));
  assertEquals(record.errors.length, 3 * MAX_FAULTS);
  near.fail(new Error("the end"));
  client.close();
});

Deno.test("ServerEvents.onFault() leaves out what is too much, and says how much", async () => {
  const record = new ErrorRecord();
  const reported = Promise.withResolvers<void>();
  const events = new ServerEvents({ shutdownByHandler() {} }, (...fault) => {
    record.handleError(...fault);
    return reported.promise;
  });
  const faults = Array.from(
    { length: MAX_REPORTS + 7 },
    (_, i) => events.onFault(i, undefined, undefined),
  );
  assertEquals(record.errors.length, MAX_REPORTS);
  reported.resolve();
  await deadline(Promise.all(faults), LIMIT_MS);
  assertEquals(record.errors.length, MAX_REPORTS + 1);
  assertEquals(
    `${record.errors.at(-1)}`,
    `RemoteProtocolError: Cannot report every rejection as at most ${MAX_REPORTS} may be under way: current value is ${
      MAX_REPORTS + 7
    }`,
  );
});

Deno.test("ServerEvents.onShutdown() does nothing while a shutdown is under way", async () => {
  const record = new ErrorRecord();
  const shutdown = Promise.withResolvers<void>();
  let calls = 0;
  const events = new ServerEvents({
    shutdownByHandler: () => {
      calls++;
      return shutdown.promise;
    },
  }, (...fault) => {
    record.handleError(...fault);
    return Promise.resolve();
  });
  for (let i = 0; i < 1000; i++) events.onShutdown();
  assertEquals(calls, 1);
  shutdown.reject(new Error("failed"));
  await record.nth(1);
  events.onShutdown();
  assertEquals(calls, 2);
  await record.nth(2);
});
