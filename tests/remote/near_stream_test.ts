import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { RemoteProtocolError } from "@socketserver/socketserver";
import {
  FrameType,
  GRANT_SIZE,
  limitPayload,
} from "../../src/remote/frames.ts";
import { creditOf } from "../../src/remote/payload_checks.ts";
import { NearSide } from "../../src/remote/near_side.ts";
import { PendingRequest } from "../../src/remote/pending_request.ts";
import { errorIn, errorPayload } from "../../src/remote/remote_error.ts";
import { hasUnreadInput } from "../../src/servers/gentle_close.ts";
import { InputBuffer } from "../../src/streams/input_buffer.ts";
import { frameBytes } from "../fixtures/frame_bytes.ts";
import { FrameRecorder } from "../fixtures/frame_recorder.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import { until } from "../fixtures/until.ts";

// The test is the far side, and the client.

const LIMIT_MS = 10_000;
const ID = 1;
const EVENTS = { onShutdown: () => {}, onFault: () => {} };

/** A client that takes nothing until it is told to, or until it has gone. */
class HeldClient extends MemoryConnection {
  /** The sizes of the writes, in order. */
  readonly writes: number[] = [];
  /** What was done beside writing, in order. */
  readonly acts: string[] = [];
  readonly #held = Promise.withResolvers<void>();
  /** Lets the client take what it is sent. */
  readonly release = this.#held.resolve;
  /** Makes all writes reject. */
  readonly lose = this.#held.reject;
  readonly #begun = Promise.withResolvers<void>();
  /** Resolves when the first write has begun. */
  readonly begun = this.#begun.promise;

  constructor() {
    super([], false);
    this.#held.promise.catch(() => {});
  }

  override async write(data: Uint8Array): Promise<number> {
    this.writes.push(data.length);
    this.#begun.resolve();
    await this.#held.promise;
    return await super.write(data);
  }

  override closeWrite(): Promise<void> {
    this.acts.push("closeWrite");
    return super.closeWrite();
  }

  override close(): void {
    this.acts.push("close");
    super.close();
  }
}

/** A request, its client, and its far side. */
class FarSide {
  readonly client = new HeldClient();
  readonly recorder = new FrameRecorder();
  readonly channel = new NearSide(this.recorder.carrier, EVENTS);
  readonly pending = new PendingRequest(this.client, this.client.remoteAddr);
  readonly result = this.channel.open(this.pending);

  constructor() {
    this.result.catch(() => {});
  }

  send(type: number, payload?: Uint8Array): void {
    this.channel.push(frameBytes(type, ID, payload));
  }

  /** Waits for the end of the request. */
  async end(): Promise<void> {
    await deadline(this.result, LIMIT_MS);
    this.client.halfClose();
  }
}

Deno.test("NearSide.open() rejects if the client does not take the last bytes in time", async () => {
  const far = new FarSide();
  far.send(FrameType.limit, limitPayload(0.05));
  far.send(FrameType.data, new Uint8Array(5));
  far.send(FrameType.done);
  await assertRejects(() => far.end(), Deno.errors.TimedOut, "0.05 seconds");
  assertEquals(far.recorder.of(FrameType.abort), []);
  far.client.release();
  far.client.halfClose();
});

Deno.test("NearSide.open() tells the handler if the client does not take in time what it wrote", async () => {
  const far = new FarSide();
  far.send(FrameType.limit, limitPayload(0.05));
  far.send(FrameType.data, new Uint8Array(5));
  await far.recorder.nth(FrameType.abort, 1);
  far.send(FrameType.failed, errorPayload(new Deno.errors.TimedOut("late")));
  await assertRejects(() => far.end(), Deno.errors.TimedOut, "late");
  far.client.release();
  far.client.halfClose();
});

Deno.test("NearSide.open() rejects with the error of a write that fails after the handler's end", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(5));
  far.send(FrameType.done);
  await far.client.begun;
  const lost = new Deno.errors.BrokenPipe("gone");
  far.client.lose(lost);
  const error = await assertRejects(() => far.end());
  assertStrictEquals(error, lost);
  far.client.halfClose();
});

Deno.test("NearSide.open() rejects with the error of a write if the handler ends before it hears of it", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(5));
  const lost = new Deno.errors.BrokenPipe("gone");
  far.client.lose(lost);
  await far.recorder.nth(FrameType.abort, 1);
  far.send(FrameType.done);
  assertStrictEquals(await assertRejects(() => far.end()), lost);
  far.client.halfClose();
});

for (const what of ["end", "probe"] as const) {
  Deno.test(`NearSide.open() does not reject if only the ${what} cannot be sent to the client`, async () => {
    const far = new FarSide();
    far.client.closeWrite = () => Promise.reject(new Error("gone"));
    far.client.lose(new Error("gone"));
    far.send(what === "end" ? FrameType.end : FrameType.data);
    far.send(FrameType.done);
    await far.end();
  });
}

Deno.test("NearSide.push() writes nothing, once, for data without bytes", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(2));
  await far.client.begun;
  for (let i = 0; i < 200; i++) far.send(FrameType.data);
  far.client.release();
  far.send(FrameType.done);
  await far.end();
  assertEquals(far.client.writes, [2, 1, 0]);
});

Deno.test("NearSide.push() tells the handler when a write of nothing fails", async () => {
  const far = new FarSide();
  far.send(FrameType.data);
  far.client.lose(new Deno.errors.BrokenPipe("gone"));
  await far.recorder.nth(FrameType.abort, 1);
  far.send(FrameType.done);
  await far.end();
});

Deno.test("NearSide.push() counts end and close once, after the data", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(1));
  for (let i = 0; i < 10; i++) far.send(FrameType.end);
  for (let i = 0; i < 10; i++) far.send(FrameType.close);
  await far.client.begun;
  assertEquals(far.client.acts, []);
  far.client.release();
  far.send(FrameType.done);
  await far.end();
  assertEquals(far.client.acts, ["closeWrite", "close"]);
});

for (const size of [0, 1]) {
  Deno.test(`NearSide.push() refuses ${size} bytes of data after close`, async () => {
    const far = new FarSide();
    far.send(FrameType.close);
    far.send(FrameType.data, new Uint8Array(size));
    await assertRejects(() => far.end(), RemoteProtocolError);
    await far.recorder.nth(FrameType.abort, 1);
    assertEquals(far.client.writes, []);
  });
}

Deno.test("NearSide.push() ignores frames of a handler that is done", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(1));
  far.send(FrameType.done);
  far.send(FrameType.data, new Uint8Array(7));
  far.send(FrameType.failed, errorPayload(new Error("late")));
  far.client.release();
  await far.end();
  assertEquals(far.client.writes, [1]);
});

Deno.test("NearSide.push() answers further faulty frames of a request no more", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(1));
  for (let i = 0; i < 1000; i++) far.send(FrameType.credit);
  far.client.release();
  await assertRejects(() => far.end());
  assertEquals(far.recorder.of(FrameType.abort).length, 1);
  far.client.halfClose();
});

Deno.test("NearSide.fail() lets go out what the handler wrote before", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(100));
  await far.client.begun;
  const gone = new Error("the far side has gone");
  far.channel.fail(gone);
  far.client.release();
  assertStrictEquals(await assertRejects(() => far.end()), gone);
  assertEquals(far.client.output.length, 100);
  far.client.halfClose();
});

Deno.test("NearSide.fail() ends a request whose client does not read", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(100));
  const gone = new Error("the far side has gone");
  far.channel.fail(gone);
  assertStrictEquals(await assertRejects(() => far.end()), gone);
  far.client.release();
  far.client.halfClose();
});

Deno.test("NearSide.fail() makes every later open() reject", async () => {
  const recorder = new FrameRecorder();
  const channel = new NearSide(recorder.carrier, EVENTS);
  channel.push(frameBytes(FrameType.ready, 0));
  await channel.ready;
  const gone = new Error("the far side has gone");
  channel.fail(gone);
  channel.fail(new Error("told twice"));
  const client = new MemoryConnection([]);
  const error = await assertRejects(() =>
    deadline(
      channel.open(new PendingRequest(client, client.remoteAddr)),
      LIMIT_MS,
    )
  );
  assertStrictEquals(error, gone);
  assertEquals(recorder.frames, []);
  assertEquals(channel.size, 0);
});

Deno.test("NearSide.push() grants what the client takes after the end, as writes may wait", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(GRANT_SIZE));
  far.send(FrameType.end);
  far.client.release();
  await far.recorder.nth(FrameType.credit, 1);
  far.send(FrameType.done);
  await far.end();
});

Deno.test("NearSide.push() grants nothing to a handler that is done", async () => {
  const far = new FarSide();
  far.send(FrameType.data, new Uint8Array(GRANT_SIZE));
  far.send(FrameType.done);
  far.client.release();
  await far.end();
  assertEquals(far.recorder.of(FrameType.credit), []);
});

Deno.test("NearSide.push() grants what the client has taken", async () => {
  const far = new FarSide();
  far.client.release();
  far.send(FrameType.data, new Uint8Array(GRANT_SIZE));
  const { payload } = await far.recorder.nth(FrameType.credit, 1);
  assertEquals(creditOf(payload), GRANT_SIZE);
  far.send(FrameType.done);
  await far.end();
});

Deno.test("NearStream spares the server a read beside its own, when its handler is done", async () => {
  const far = new FarSide();
  far.send(FrameType.done);
  await deadline(far.result, LIMIT_MS);
  far.client.read = () => {
    throw new Error("There is a read under way");
  };
  assertEquals(await hasUnreadInput(far.client), false);
  await far.end();
});

Deno.test("NearStream tells the server of input that its handler has not taken", async () => {
  const input = new MemoryConnection([new Uint8Array(GRANT_SIZE)], false);
  const recorder = new FrameRecorder();
  const channel = new NearSide(recorder.carrier, EVENTS);
  const result = channel.open(new PendingRequest(input, input.remoteAddr));
  const taken = () =>
    recorder.of(FrameType.data).reduce((sum, f) => sum + f.payload.length, 0);
  await until(() => taken() === GRANT_SIZE);
  channel.push(frameBytes(FrameType.done, ID));
  await deadline(result, LIMIT_MS);
  assertEquals(await hasUnreadInput(input), true);
  input.halfClose();
});

/** A request whose client has been looked at, as far as it has sent something. */
async function aReadRequest(...pieces: string[]): Promise<PendingRequest> {
  const encoder = new TextEncoder();
  const client = new MemoryConnection(pieces.map((it) => encoder.encode(it)));
  const pending = new PendingRequest(client, client.remoteAddr);
  pending.input = new InputBuffer(client, -1);
  await pending.input.fill(Infinity);
  return pending;
}

Deno.test("NearSide.open() sends what has been read before, and then the rest", async () => {
  const recorder = new FrameRecorder();
  const channel = new NearSide(recorder.carrier, EVENTS);
  const result = channel.open(await aReadRequest("one", "two"));
  await recorder.nth(FrameType.end, 1);
  assertEquals(
    recorder.frames.map(({ type, payload }) =>
      type === FrameType.data ? new TextDecoder().decode(payload) : type
    ),
    [FrameType.open, "one", "two", FrameType.end],
  );
  channel.push(frameBytes(FrameType.done, ID));
  await deadline(result, LIMIT_MS);
});

Deno.test("NearSide.open() tells a handler what a read has failed with that began before", async () => {
  const client = new MemoryConnection([]);
  client.read = () => Promise.reject(new Deno.errors.ConnectionReset("lost"));
  const pending = new PendingRequest(client, client.remoteAddr);
  pending.input = new InputBuffer(client, -1);
  await pending.input.fill(Infinity).catch(() => {});
  pending.input.giveUp();
  const recorder = new FrameRecorder();
  const channel = new NearSide(recorder.carrier, EVENTS);
  const result = channel.open(pending);
  const { payload } = await recorder.nth(FrameType.abort, 1);
  assertEquals(errorIn(payload).message, "lost");
  channel.push(frameBytes(FrameType.done, ID));
  await deadline(result, LIMIT_MS);
});
