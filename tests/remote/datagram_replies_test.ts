import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { deadline } from "@std/async/deadline";
import { concat } from "@std/bytes/concat";
import { FarDatagram } from "../../src/remote/far_datagram.ts";
import { FrameSender } from "../../src/remote/frame_sender.ts";
import {
  FrameType,
  jsonOf,
  jsonPayload,
  MAX_NAME,
  MAX_PAYLOAD,
  MAX_REPLIES,
  type Sent,
} from "../../src/remote/frames.ts";
import type { ReplyScope } from "../../src/remote/near_datagram.ts";
import { NearSide } from "../../src/remote/near_side.ts";
import { PendingRequest } from "../../src/remote/pending_request.ts";
import { errorIn, errorPayload } from "../../src/remote/remote_error.ts";
import { frameBytes } from "../fixtures/frame_bytes.ts";
import { FrameRecorder } from "../fixtures/frame_recorder.ts";

const LIMIT_MS = 10_000;
const ID = 1;
const CLIENT: Deno.Addr = { transport: "udp", hostname: "127.0.0.1", port: 1 };
const UNIX_CLIENT: Deno.Addr = { transport: "unixpacket", path: "/client" };

// The far side.

/** A socket, and what its near side gets. */
function farSocket() {
  const recorder = new FrameRecorder();
  const sender = new FrameSender(recorder.carrier, () => false);
  const socket = new FarDatagram(
    sender.forRequest(ID),
    CLIENT,
    new Uint8Array(0),
  );
  /** The first bytes of the replies that have left. */
  const left = () => {
    sender.flush();
    return recorder.frames.map(({ payload }) => jsonOf(payload)[1][0]);
  };
  const confirm = (reply: number) =>
    socket.receive(FrameType.sent, jsonPayload({ reply, count: 1 }));
  return { socket, recorder, left, confirm };
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

Deno.test("FarDatagram.send() holds replies back while many are under way", async () => {
  const { socket, left, confirm } = farSocket();
  const all = numbers(1, MAX_REPLIES + 10);
  const sends = all.map((n) => socket.send(new Uint8Array([n]), CLIENT));
  assertEquals(left(), numbers(1, MAX_REPLIES));
  confirm(7);
  confirm(3);
  confirm(3); // which nobody waits for any more
  confirm(999);
  assertEquals(left(), numbers(1, MAX_REPLIES + 2));
  const settled = socket.settled();
  for (const n of all) confirm(n);
  await deadline(Promise.all(sends), LIMIT_MS);
  await deadline(settled, LIMIT_MS);
  assertEquals(left(), all);
});

Deno.test("FarDatagram.send() keeps what it was given", async () => {
  const { socket, left, confirm } = farSocket();
  const data = new Uint8Array(1);
  const sends = numbers(1, MAX_REPLIES + 1).map((n) => {
    data[0] = n;
    return socket.send(data, CLIENT);
  });
  confirm(1);
  assertEquals(left().at(-1), MAX_REPLIES + 1);
  socket.fail(new Error("the end"));
  await Promise.allSettled(sends);
});

Deno.test("FarDatagram.send() rejects for a datagram that no frame can hold", async () => {
  const { socket, left } = farSocket();
  const { message } = await assertRejects(
    () => socket.send(new Uint8Array(MAX_PAYLOAD), CLIENT),
    RangeError,
  );
  assertMatch(message, /as it must fit a frame of 262144 bytes: current value/);
  assertEquals(left(), []);
  await deadline(socket.settled(), LIMIT_MS);
});

for (
  const [what, address, errorClass, rule] of [
    ["is null", null, TypeError, "hostname"],
    ["is of no known kind", { transport: "vsock" }, TypeError, "transport"],
    ["has no host", { transport: "udp", port: 1 }, TypeError, "hostname"],
    ["has a list for a host", { ...CLIENT, hostname: [] }, TypeError, "hostn"],
    ["has no port", { ...CLIENT, port: undefined }, TypeError, "port"],
    ["has a text for a port", { ...CLIENT, port: "1" }, TypeError, "port"],
    ["has a port of 64 bits", { ...CLIENT, port: 1n }, TypeError, "port"],
    ["has a negative port", { ...CLIENT, port: -1 }, RangeError, "port"],
    ["has a port of 17 bits", { ...CLIENT, port: 65_536 }, RangeError, "port"],
    ["has half a port", { ...CLIENT, port: 0.5 }, RangeError, "port"],
    ["has NaN for a port", { ...CLIENT, port: NaN }, RangeError, "port"],
    ["has no path", { transport: "unixpacket" }, TypeError, "path"],
    [
      "has a long path",
      { transport: "unixpacket", path: "x".repeat(MAX_NAME + 1) },
      RangeError,
      "path",
    ],
  ] as const
) {
  Deno.test(`FarDatagram.send() rejects for an address that ${what}`, async () => {
    const { socket, left } = farSocket();
    const { message } = await assertRejects(
      () => socket.send(new Uint8Array(1), address as never),
      errorClass,
    );
    assertMatch(
      message,
      /^Cannot send a datagram as its .+: current value is /,
    );
    assertStringIncludes(message, rule);
    assertEquals(left(), []);
    await deadline(socket.settled(), LIMIT_MS);
  });
}

Deno.test("FarDatagram.send() sends an address without what does not belong there", async () => {
  const { socket, recorder, left, confirm } = farSocket();
  const { hostname, port } = CLIENT as Deno.NetAddr;
  const address: Record<string, unknown> = { hostname, port };
  address.itself = address;
  const sent = socket.send(new Uint8Array(1), address as never);
  left();
  const [head] = jsonOf(recorder.frames[0]!.payload);
  assertEquals(head, { reply: 1, address: CLIENT });
  confirm(1);
  assertEquals(await sent, 1);
});

Deno.test("FarDatagram.fail() makes replies reject that are held back", async () => {
  const { socket, left } = farSocket();
  const sends = numbers(1, MAX_REPLIES + 1).map((n) =>
    socket.send(new Uint8Array([n]), CLIENT)
  );
  socket.fail(new RangeError("the end"));
  const settled = await deadline(Promise.allSettled(sends), LIMIT_MS);
  assertEquals(new Set(settled.map(({ status }) => status)).size, 1);
  await assertRejects(() => sends.at(-1)!, RangeError);
  assertEquals(left().length, MAX_REPLIES);
});

// The near side.

/** A datagram that a far side handles, which is the test. */
class FarSide {
  readonly recorder = new FrameRecorder();
  /** Where replies have gone. */
  readonly addresses: Deno.Addr[] = [];
  readonly #channel: NearSide;
  readonly #result: Promise<void>;

  constructor(client: Deno.Addr, scope?: ReplyScope, ...count: unknown[]) {
    this.#channel = new NearSide(
      this.recorder.carrier,
      { onShutdown: () => {}, onFault: () => {} },
      scope,
    );
    const socket = {
      addr: CLIENT,
      send: (data: Uint8Array, address: Deno.Addr) => {
        this.addresses.push(address);
        return Promise.resolve(count.length > 0 ? count[0] : data.length);
      },
    };
    const request = [new Uint8Array(1), socket];
    this.#result = this.#channel.open(new PendingRequest(request, client));
  }

  /** Sends a reply; returns what came of it. */
  async reply(address: unknown): Promise<number | Error> {
    const count = this.recorder.of(FrameType.sent).length;
    const payload = jsonPayload({ reply: 1, address }, new Uint8Array(3));
    this.#channel.push(frameBytes(FrameType.reply, ID, payload));
    const sent = await this.recorder.nth(FrameType.sent, count + 1);
    const [head, error] = jsonOf(sent.payload);
    return (head as Sent).count ?? errorIn(error);
  }

  /** Sends a frame and a reply together; resolves when the request has ended. */
  async endWithReply(type: FrameType, payload?: Uint8Array): Promise<void> {
    const reply = jsonPayload({ reply: 1, address: CLIENT });
    this.#channel.push(concat([
      frameBytes(type, ID, payload),
      frameBytes(FrameType.reply, ID, reply),
    ]));
    await deadline(this.#result, LIMIT_MS);
  }

  async end(): Promise<void> {
    this.#channel.push(frameBytes(FrameType.done, ID));
    await deadline(this.#result, LIMIT_MS);
  }
}

for (
  const [what, client, address] of [
    ["another host", CLIENT, { ...CLIENT, hostname: "localhost" }],
    ["another port", CLIENT, { ...CLIENT, port: 2 }],
    ["another transport", CLIENT, { ...CLIENT, transport: "tcp" }],
    ["a path", CLIENT, UNIX_CLIENT],
    ["another path", UNIX_CLIENT, { ...UNIX_CLIENT, path: "/other" }],
  ] as [string, Deno.Addr, unknown][]
) {
  Deno.test(`NearSide.push() refuses a reply to ${what} where only the client may be replied to`, async () => {
    const far = new FarSide(client, "client");
    const error = await far.reply(address) as Error;
    assertEquals(error.constructor, Deno.errors.NotCapable);
    assertMatch(
      error.message,
      /may only reply to its client: current value is {"transport":/,
    );
    assertEquals(await far.reply({ ...client }), 3);
    assertEquals(far.addresses, [client]);
    await far.end();
  });
}

Deno.test("NearSide.push() sends a reply to anyone by default", async () => {
  const far = new FarSide(CLIENT);
  const other: Deno.Addr = { ...CLIENT, port: 2 };
  assertEquals(await far.reply(other), 3);
  assertEquals(far.addresses, [other]);
  await far.end();
});

Deno.test("NearSide.push() takes any number of replies, one after the other", async () => {
  const far = new FarSide(CLIENT);
  for (let i = 0; i < 3 * MAX_REPLIES; i++) await far.reply(CLIENT);
  await far.end();
  assertEquals(far.addresses.length, 3 * MAX_REPLIES);
});

for (const count of [10n, undefined, "1", NaN]) {
  Deno.test(`NearSide.push() refuses a reply of which a socket of one's own says that ${String(count)} bytes were sent`, async () => {
    const far = new FarSide(CLIENT, "anyone", count);
    const error = await far.reply(CLIENT) as Error;
    assertEquals(error.constructor, TypeError);
    assertMatch(error.message, /send\(\) must resolve to a whole number/);
    await far.end();
  });
}

Deno.test("NearSide.push() sends no reply of a request that has ended", async () => {
  const done = new FarSide(CLIENT);
  await done.endWithReply(FrameType.done);
  const failed = new FarSide(CLIENT);
  const error = errorPayload(new URIError("thrown"));
  await assertRejects(
    () => failed.endWithReply(FrameType.failed, error),
    URIError,
  );
  assertEquals([...done.addresses, ...failed.addresses], []);
});
