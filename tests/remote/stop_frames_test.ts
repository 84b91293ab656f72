import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { ServerStoppingError } from "../../src/errors.ts";
import { FrameType } from "../../src/remote/frames.ts";
import { NearSide } from "../../src/remote/near_side.ts";
import { PendingRequest } from "../../src/remote/pending_request.ts";
import { errorIn } from "../../src/remote/remote_error.ts";
import { frameBytes } from "../fixtures/frame_bytes.ts";
import { FrameLink } from "../fixtures/frame_link.ts";
import { FrameRecorder } from "../fixtures/frame_recorder.ts";
import {
  SignalledDatagramHandler,
  SignalledHandler,
} from "../fixtures/handlers/signalled_handlers.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import { randomCuts, seededRandom } from "../fixtures/seeded_cases.ts";
import { until } from "../fixtures/until.ts";

const LIMIT_MS = 20_000;
const ADDRESS: Deno.NetAddr = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 1,
};
const REASON = new ServerStoppingError("to stop");
const SAID = "ready\nServerStoppingError: to stop\n";
const EVENTS = { onShutdown: () => {}, onFault: () => {} };
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A client of a handler, and its request. */
class Client extends MemoryConnection {
  readonly pending = new PendingRequest(this, ADDRESS);

  constructor(way: string) {
    super([encoder.encode(`${way}\n`)], false);
  }

  get text(): string {
    return decoder.decode(this.output);
  }

  /** Waits until the handler has begun. */
  begun(): Promise<void> {
    return until(() => this.text.includes("ready\n"));
  }
}

async function startedLink(
  Handler: { moduleUrl: string; name: string } = SignalledHandler,
): Promise<FrameLink> {
  const random = seededRandom(1);
  const link = new FrameLink(
    Handler.moduleUrl,
    Handler.name,
    (batch) => randomCuts(random, batch),
  );
  await link.start();
  return link;
}

Deno.test("NearSide.stop() tells one handler, which may still write, and no other", async () => {
  using link = await startedLink();
  const clients = ["listen", "listen"].map((way) => new Client(way));
  const handled = clients.map(({ pending }) => link.channel.open(pending));
  for (const client of clients) await client.begun();
  const [one, other] = clients.map(({ pending }) => pending);
  one!.reason = REASON;
  link.channel.stop(one!);
  await deadline(handled[0]!, LIMIT_MS);
  assertEquals(clients[0]!.text, SAID);
  assertEquals(clients[1]!.text, "ready\n");
  other!.reason = REASON;
  link.channel.stop(other!);
  await deadline(handled[1]!, LIMIT_MS);
  for (const client of clients) client.close();
});

Deno.test("NearSide.open() tells a handler at its beginning what came before", async () => {
  using link = await startedLink();
  const client = new Client("listen");
  client.pending.reason = REASON;
  link.channel.stop(client.pending); // there is nobody to be told yet
  await deadline(link.channel.open(client.pending), LIMIT_MS);
  assertEquals(client.text, SAID);
  client.close();
});

for (const answers of [true, false]) {
  const how = answers ? ", and not one that has answered by then" : "";
  Deno.test(`NearSide.open() tells a handler in a moment whose client has asked${how}`, async () => {
    const recorder = new FrameRecorder();
    const near = new NearSide(recorder.carrier, EVENTS);
    const client = new Client("a question");
    client.pending.reason = REASON;
    client.pending.hasSpoken = true;
    const handled = near.open(client.pending);
    await recorder.nth(FrameType.data, 1);
    assertEquals(recorder.of(FrameType.stop), []); // no timer can have fired
    const done = () => near.push(frameBytes(FrameType.done, client.pending.id));
    if (answers) done();
    else await recorder.nth(FrameType.stop, 1);
    if (!answers) done();
    await deadline(handled, LIMIT_MS);
    assertEquals(recorder.of(FrameType.stop).length, answers ? 0 : 1);
    client.close();
  });
}

Deno.test("NearSide.stopAll() tells all handlers in one frame, and none that begins later", async () => {
  using link = await startedLink();
  const clients = Array.from({ length: 50 }, () => new Client("listen"));
  const handled = clients.map(({ pending }) => link.channel.open(pending));
  for (const client of clients) await client.begun();
  link.channel.stopAll(REASON);
  const later = new Client("listen");
  const laterHandled = link.channel.open(later.pending);
  await deadline(Promise.all(handled), LIMIT_MS);
  for (const client of clients) {
    assertEquals(client.text, SAID);
    client.close();
  }
  await later.begun();
  assertEquals(later.text, "ready\n");
  link.channel.stopAll(REASON);
  await deadline(laterHandled, LIMIT_MS);
  later.close();
});

Deno.test("NearSide.stopAll() sends one frame for 16000 requests, and none if there is no request", async () => {
  const recorder = new FrameRecorder();
  const near = new NearSide(recorder.carrier, EVENTS);
  near.stopAll(REASON);
  const clients = Array.from({ length: 16_000 }, () => new Client("listen"));
  const handled = clients.map(({ pending }) => near.open(pending));
  near.stopAll(REASON);
  const { id, payload } = await recorder.nth(FrameType.stop, 1);
  assertEquals([id, errorIn(payload).name], [0, "ServerStoppingError"]);
  near.fail(REASON);
  await deadline(Promise.allSettled(handled), LIMIT_MS);
  near.stopAll(REASON);
  assertEquals(recorder.of(FrameType.stop).length, 1);
  for (const client of clients) client.close();
});

Deno.test("NearSide.stop() tells the handler of a datagram", async () => {
  using link = await startedLink(SignalledDatagramHandler);
  const replies: string[] = [];
  const pending = new PendingRequest([new Uint8Array(1), {
    addr: ADDRESS,
    send(data: Uint8Array) {
      replies.push(decoder.decode(data));
      return Promise.resolve(data.length);
    },
  }], ADDRESS);
  const handled = link.channel.open(pending);
  await until(() => replies.length === 1);
  pending.reason = REASON;
  link.channel.stop(pending);
  await deadline(handled, LIMIT_MS);
  assertEquals(replies, ["ready", "ServerStoppingError"]);
});

Deno.test("NearSide.stop() says nothing of a request that has ended", async () => {
  const recorder = new FrameRecorder();
  const near = new NearSide(recorder.carrier, EVENTS);
  const client = new Client("");
  const handled = near.open(client.pending);
  near.push(frameBytes(FrameType.done, client.pending.id));
  await deadline(handled, LIMIT_MS);
  client.pending.stop(REASON);
  near.stop(client.pending);
  await until(() => recorder.frames.length > 0);
  assertEquals(recorder.of(FrameType.stop), []);
  client.close();
});

Deno.test("FarRequest.signal is aborted once, however often its handler is told", async () => {
  using link = await startedLink();
  const client = new Client("ignore");
  const handled = link.channel.open(client.pending);
  handled.catch(() => {}); // it is ended below
  await client.begun();
  client.pending.reason = REASON;
  link.channel.stop(client.pending);
  link.channel.stopAll(REASON);
  await until(() => client.text.includes("heard"));
  link.channel.giveUp(client.pending, new Error("given up"));
  await assertRejects(() => deadline(handled, LIMIT_MS), Error, "given up");
  await deadline(link.sidesReached(), LIMIT_MS);
  assertEquals(client.text, "ready\nheard\n");
  client.close();
});

Deno.test("NearSide.giveUp() ends a request with what it wrote before, and ignores what it still sends", async () => {
  const recorder = new FrameRecorder();
  const near = new NearSide(recorder.carrier, EVENTS);
  const client = new Client("");
  const { pending } = client;
  const handled = near.open(pending);
  near.push(
    frameBytes(FrameType.data, pending.id, encoder.encode("before")),
  );
  const error = new Deno.errors.TimedOut("too long");
  assert(near.giveUp(pending, error));
  assertStrictEquals(
    await assertRejects(() => deadline(handled, LIMIT_MS)),
    error,
  );
  const { id, payload } = await recorder.nth(FrameType.giveUp, 1);
  assertEquals([id, errorIn(payload).message], [pending.id, "too long"]);
  for (const type of [FrameType.data, FrameType.credit, FrameType.close, 99]) {
    near.push(frameBytes(type, id, new Uint8Array(3)));
  }
  near.push(frameBytes(FrameType.done, id));
  near.push(frameBytes(FrameType.failed, id));
  assertEquals(client.text, "before");
  assert(!near.giveUp(pending, error)); // it is over
  assertEquals([near.size, recorder.of(FrameType.giveUp).length], [0, 1]);
  client.close();
});

Deno.test("NearSide.giveUp() ends a request whose handler is done and whose client does not read", async () => {
  const near = new NearSide(new FrameRecorder().carrier, EVENTS);
  const client = new Client("");
  client.write = () => new Promise(() => {});
  const { pending } = client;
  const handled = near.open(pending);
  near.push(frameBytes(FrameType.data, pending.id, new Uint8Array(5)));
  near.push(frameBytes(FrameType.done, pending.id));
  const error = new Deno.errors.TimedOut("too long");
  assert(!near.giveUp(pending, error));
  assertStrictEquals(
    await assertRejects(() => deadline(handled, LIMIT_MS)),
    error,
  );
  client.close();
});

Deno.test("NearSide.open() rejects for a request that was given up before", async () => {
  const recorder = new FrameRecorder();
  const near = new NearSide(recorder.carrier, EVENTS);
  const { pending } = new Client("");
  const error = new Deno.errors.TimedOut("too long");
  pending.fail(error);
  assert(near.giveUp(pending, error)); // who has it must see to it
  assertStrictEquals(await assertRejects(() => near.open(pending)), error);
  assertEquals(recorder.frames, []);
});
