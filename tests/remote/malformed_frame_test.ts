import { assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { deadline } from "@std/async/deadline";
import { RemoteProtocolError } from "@socketserver/socketserver";
import {
  creditPayload,
  FrameType,
  GRANT_SIZE,
  jsonPayload,
  limitPayload,
  MAX_DATA,
  MAX_NAME,
  MAX_PAYLOAD,
  MAX_REPLIES,
  MAX_TEXT,
  WINDOW,
} from "../../src/remote/frames.ts";
import { NearSide } from "../../src/remote/near_side.ts";
import { frameBytes } from "../fixtures/frame_bytes.ts";
import { FrameLink } from "../fixtures/frame_link.ts";
import { MemoryConnection } from "../fixtures/memory_connection.ts";
import { forEachSeed, randomCuts } from "../fixtures/seeded_cases.ts";
import {
  RememberingDatagramHandler,
  RememberingStreamHandler,
  seenErrors,
} from "../fixtures/handlers/remembering_handlers.ts";

// A malformed frame ends its request with a RemoteProtocolError, on both
// sides, and nothing else: neither a neighbour nor a later request.

const LIMIT_MS = 10_000;
const CASES = 10;
/** The number of the first request of a link. */
const VICTIM = 1;
const encoder = new TextEncoder();

type Side = "near" | "far";
type Frames = Uint8Array<ArrayBuffer>[];

/** A client that takes no more after the first byte. */
class FullClient extends MemoryConnection {
  readonly #gone = Promise.withResolvers<void>();

  override async write(data: Uint8Array): Promise<number> {
    if (this.output.length > 0) await this.#gone.promise;
    return await super.write(data);
  }

  override close(): void {
    super.close();
    this.#gone.resolve();
  }
}

/** A payload whose text is no JSON. */
const NO_JSON = new Uint8Array([0, 0, 0, 2, 0x7b, 0x2c]);
/** A payload whose text ends behind it. */
const NO_END = new Uint8Array([0, 0, 0, 9, 0x7b, 0x7d]);
const NOTHING = new Uint8Array(0);
const ADDRESS = { transport: "tcp", hostname: "127.0.0.1", port: 1 };
const OPEN = jsonPayload({
  kind: "stream",
  localAddr: ADDRESS,
  remoteAddr: ADDRESS,
  clientAddress: ADDRESS,
});
const STOP = jsonPayload({ name: "ServerStoppingError", message: "" });

function victimFrame(type: number, payload: Uint8Array = NOTHING): Frames {
  return [frameBytes(type, VICTIM, payload)];
}

function replyFrame(reply: unknown, address: unknown): Frames {
  return victimFrame(FrameType.reply, jsonPayload({ reply, address }));
}

/** A payload of a text that nobody would make. */
function textPayload(text: string): Uint8Array<ArrayBuffer> {
  const bytes = encoder.encode(text);
  const payload = new Uint8Array(4 + bytes.length);
  new DataView(payload.buffer).setUint32(0, bytes.length);
  payload.set(bytes, 4);
  return payload;
}

function repeated(times: number, frames: Frames): Frames {
  return Array.from({ length: times }, () => frames).flat();
}

/** What breaks the rules to both sides of a connection. */
const toEither: Record<string, Frames> = {
  "an unknown type": victimFrame(99, new Uint8Array(5)),
  "the type 0": victimFrame(0),
  "an oversized payload": victimFrame(
    FrameType.data,
    new Uint8Array(MAX_PAYLOAD + 1),
  ),
  "a large piece of data": victimFrame(
    FrameType.data,
    new Uint8Array(MAX_DATA + 1),
  ),
  "credit of 3 bytes": victimFrame(FrameType.credit, new Uint8Array(3)),
  "credit of no bytes": victimFrame(FrameType.credit),
  "credit of 5 bytes": victimFrame(FrameType.credit, new Uint8Array(5)),
  "credit for what was not sent": victimFrame(
    FrameType.credit,
    creditPayload(WINDOW),
  ),
  "data beyond the window": repeated(
    4 * WINDOW / MAX_DATA,
    victimFrame(FrameType.data, new Uint8Array(MAX_DATA)),
  ),
};

const streamFaults: Record<Side, Record<string, Frames>> = {
  near: {
    ...toEither,
    "an error that is no JSON": victimFrame(FrameType.failed, NO_JSON),
    "an error whose text does not end": victimFrame(FrameType.failed, NO_END),
    "an error without a name": victimFrame(FrameType.failed, jsonPayload({})),
    "null in place of an error": victimFrame(
      FrameType.failed,
      jsonPayload(null),
    ),
    "a datagram's reply": victimFrame(
      FrameType.reply,
      jsonPayload({ reply: 1, address: ADDRESS }),
    ),
    "an open frame": victimFrame(FrameType.open, OPEN),
    "an error of a large text": victimFrame(
      FrameType.failed,
      jsonPayload({ name: "Error", message: "x".repeat(MAX_TEXT) }),
    ),
    "an error nested deep": victimFrame(
      FrameType.failed,
      textPayload('{"cause":'.repeat(1500) + "1" + "}".repeat(1500)),
    ),
    "an error and more": victimFrame(
      FrameType.failed,
      jsonPayload({ name: "Error", message: "" }, new Uint8Array(1)),
    ),
    "a fault without a name": victimFrame(FrameType.fault, jsonPayload({})),
    "a fault of no bytes": victimFrame(FrameType.fault),
    "a ready frame": victimFrame(FrameType.ready),
    "a shutdown frame": victimFrame(FrameType.shutdown),
    "an abort": victimFrame(FrameType.abort, jsonPayload({})),
    "a stop": victimFrame(FrameType.stop, STOP),
    "the result of a reply": victimFrame(
      FrameType.sent,
      jsonPayload({ reply: 1, count: 1 }),
    ),
    "a little credit": victimFrame(
      FrameType.credit,
      creditPayload(GRANT_SIZE - 1),
    ),
    "an end with a payload": victimFrame(FrameType.end, new Uint8Array(1)),
    "a close with a payload": victimFrame(FrameType.close, new Uint8Array(1)),
    "done with a payload": victimFrame(FrameType.done, new Uint8Array(1)),
    "noDelay of no bytes": victimFrame(FrameType.noDelay),
    "noDelay of 2 bytes": victimFrame(FrameType.noDelay, new Uint8Array(2)),
    "noDelay of 2": victimFrame(FrameType.noDelay, new Uint8Array([2])),
    "noDelay for a socket without": victimFrame(
      FrameType.noDelay,
      new Uint8Array([1]),
    ),
    "keepAlive of no bytes": victimFrame(FrameType.keepAlive),
    "keepAlive of 2 bytes": victimFrame(FrameType.keepAlive, new Uint8Array(2)),
    "keepAlive of 2": victimFrame(FrameType.keepAlive, new Uint8Array([2])),
    "keepAlive for a socket without": victimFrame(
      FrameType.keepAlive,
      new Uint8Array([1]),
    ),
    "a limit of 4 bytes": victimFrame(FrameType.limit, new Uint8Array(4)),
    "a limit of NaN": victimFrame(FrameType.limit, limitPayload(NaN)),
    "a limit of Infinity": victimFrame(FrameType.limit, limitPayload(Infinity)),
    "a negative limit": victimFrame(FrameType.limit, limitPayload(-1)),
    "data after the end": [
      ...victimFrame(FrameType.end),
      ...victimFrame(FrameType.data, new Uint8Array(1)),
    ],
    "no data after the end": [
      ...victimFrame(FrameType.end),
      ...victimFrame(FrameType.data),
    ],
  },
  far: {
    ...toEither,
    "an abort that is no JSON": victimFrame(FrameType.abort, NO_JSON),
    "an abort of no bytes": victimFrame(FrameType.abort),
    "a stop that is no JSON": victimFrame(FrameType.stop, NO_JSON),
    "a stop of no bytes": victimFrame(FrameType.stop),
    "a stop without a name": victimFrame(FrameType.stop, jsonPayload({})),
    "keepAlive": victimFrame(FrameType.keepAlive, new Uint8Array(1)),
    "a datagram's result": victimFrame(
      FrameType.sent,
      jsonPayload({ reply: 1, count: 1 }),
    ),
    "a second open": victimFrame(FrameType.open, OPEN),
    "a second open that is no JSON": victimFrame(FrameType.open, NO_JSON),
    "done": victimFrame(FrameType.done),
    "a limit": victimFrame(FrameType.limit, new Uint8Array(8)),
  },
};

const datagramFaults: Record<Side, Record<string, Frames>> = {
  near: {
    "a reply that is no JSON": victimFrame(FrameType.reply, NO_JSON),
    "a reply whose text does not end": victimFrame(FrameType.reply, NO_END),
    "null in place of a reply": victimFrame(
      FrameType.reply,
      jsonPayload(null),
    ),
    "a reply of a large text": replyFrame(2, {
      ...ADDRESS,
      note: "x".repeat(MAX_TEXT),
    }),
    "a reply nested deep": victimFrame(
      FrameType.reply,
      textPayload(
        `{"reply":${'{"0":'.repeat(2700)}1${"}".repeat(2700)},"address":{}}`,
      ),
    ),
    "a reply in a list": victimFrame(FrameType.reply, jsonPayload([2])),
    "a reply without an ID": replyFrame(undefined, ADDRESS),
    "a reply whose ID is a text": replyFrame("2", ADDRESS),
    "a reply whose ID is an object": replyFrame({}, ADDRESS),
    "a reply whose ID is negative": replyFrame(-1, ADDRESS),
    "a reply whose ID is broken": replyFrame(1.5, ADDRESS),
    "a reply whose ID has 33 bits": replyFrame(2 ** 32, ADDRESS),
    "a reply whose ID is taken": replyFrame(1, ADDRESS),
    "a reply without an address": replyFrame(2, undefined),
    "a reply to null": replyFrame(2, null),
    "a reply to a list": replyFrame(2, [ADDRESS]),
    "a reply to an unknown transport": replyFrame(2, {
      ...ADDRESS,
      transport: "vsock",
    }),
    "a reply to no host": replyFrame(2, { transport: "udp", port: 1 }),
    "a reply to a numbered host": replyFrame(2, { ...ADDRESS, hostname: 1 }),
    "a reply to a long host": replyFrame(2, {
      ...ADDRESS,
      hostname: "x".repeat(MAX_NAME + 1),
    }),
    "a reply to no port": replyFrame(2, { ...ADDRESS, port: undefined }),
    "a reply to a named port": replyFrame(2, { ...ADDRESS, port: "1" }),
    "a reply to a negative port": replyFrame(2, { ...ADDRESS, port: -1 }),
    "a reply to half a port": replyFrame(2, { ...ADDRESS, port: 0.5 }),
    "a reply to a large port": replyFrame(2, { ...ADDRESS, port: 65_536 }),
    "a reply to no path": replyFrame(2, { transport: "unix" }),
    "a reply to a numbered path": replyFrame(2, {
      transport: "unixpacket",
      path: 1,
    }),
    "a reply to a long path": replyFrame(2, {
      transport: "unixpacket",
      path: "x".repeat(MAX_NAME + 1),
    }),
    "a fault without a name": victimFrame(FrameType.fault, jsonPayload({})),
    "done with a payload": victimFrame(FrameType.done, new Uint8Array(1)),
    "a connection's data": victimFrame(FrameType.data, new Uint8Array(5)),
    "credit": victimFrame(FrameType.credit, creditPayload(1)),
    "a stop": victimFrame(FrameType.stop, STOP),
    "keepAlive": victimFrame(FrameType.keepAlive, new Uint8Array(1)),
    "too many replies": Array.from(
      { length: MAX_REPLIES },
      (_, i) => replyFrame(i + 2, ADDRESS),
    ).flat(),
  },
  far: {
    "a result that is no JSON": victimFrame(FrameType.sent, NO_JSON),
    "null in place of a result": victimFrame(FrameType.sent, jsonPayload(null)),
    "a failed result without its error": victimFrame(
      FrameType.sent,
      jsonPayload({ reply: 1 }),
    ),
    "a connection's end": victimFrame(FrameType.end),
    "a stop that is no JSON": victimFrame(FrameType.stop, NO_JSON),
  },
};

function inject(link: FrameLink, side: Side, frames: Frames): void {
  for (const frame of frames) {
    if (side === "near") link.sendToNear(frame);
    else link.sendToFar(frame);
  }
}

async function echo(link: FrameLink, text: string): Promise<void> {
  const client = new MemoryConnection([encoder.encode(text)]);
  await deadline(link.handle(client), LIMIT_MS);
  assertEquals(client.output, encoder.encode(text));
}

/** Waits for the end of the victim, on the far side too. */
async function assertVictimEnds(victim: Promise<void>): Promise<void> {
  await assertRejects(() => deadline(victim, LIMIT_MS), RemoteProtocolError);
}

for (const side of ["near", "far"] as const) {
  for (const [what, frames] of Object.entries(streamFaults[side])) {
    Deno.test(`${what} to the ${side} side of a connection ends it, and nothing else`, () =>
      forEachSeed(CASES, async (random) => {
        seenErrors.length = 0;
        using link = new FrameLink(
          RememberingStreamHandler.moduleUrl,
          RememberingStreamHandler.name,
          (batch) => randomCuts(random, batch),
        );
        await link.start();
        const client = new FullClient([encoder.encode("1")], false);
        const victim = link.handle(client);
        victim.catch(() => {}); // it is looked at later
        const neighbour = new MemoryConnection([encoder.encode("2")], false);
        const neighbours = link.handle(neighbour);
        await deadline(client.written, LIMIT_MS);
        await deadline(neighbour.written, LIMIT_MS);
        inject(link, side, frames);
        await deadline(link.sidesReached(), LIMIT_MS);
        client.close(); // as what was written before is waited for
        await assertVictimEnds(victim);
        neighbour.halfClose();
        await deadline(neighbours, LIMIT_MS);
        await echo(link, "a later request");
        assertEquals(seenErrors.length, 1);
        assertInstanceOf(seenErrors[0], RemoteProtocolError);
        assertEquals(link.channel.size, 0);
        assertEquals(link.faults, []);
      }));
  }

  for (const [what, frames] of Object.entries(datagramFaults[side])) {
    Deno.test(`${what} to the ${side} side of a datagram ends it, and nothing else`, () =>
      forEachSeed(CASES, async (random) => {
        seenErrors.length = 0;
        using link = new FrameLink(
          RememberingDatagramHandler.moduleUrl,
          RememberingDatagramHandler.name,
          (batch) => randomCuts(random, batch),
        );
        await link.start();
        const replied = Promise.withResolvers<void>();
        const released = Promise.withResolvers<void>();
        const victim = link.handle([encoder.encode("1"), {
          addr: ADDRESS,
          async send(data: Uint8Array) {
            replied.resolve();
            await released.promise;
            return data.length;
          },
        }]);
        victim.catch(() => {}); // it is looked at later
        await deadline(replied.promise, LIMIT_MS);
        inject(link, side, frames);
        // The request ends after its replies, of which one has not left yet.
        await deadline(link.sidesReached(), LIMIT_MS);
        released.resolve();
        await assertVictimEnds(victim);
        await deadline(
          link.handle([encoder.encode("2"), {
            addr: ADDRESS,
            send: (data: Uint8Array) => Promise.resolve(data.length),
          }]),
          LIMIT_MS,
        );
        assertEquals(seenErrors.length, 1);
        assertInstanceOf(seenErrors[0], RemoteProtocolError);
        assertEquals(link.faults, []);
      }));
  }
}

for (
  const [what, spoil] of Object.entries({
    "that is no JSON": (batch: Uint8Array) => batch.fill(0x21, 13),
    "that holds null": (batch: Uint8Array) => {
      batch.fill(0x20, 13);
      batch.set(encoder.encode("null"), 13);
    },
    "of an unknown type": (batch: Uint8Array) => batch.fill(99, 4, 5),
  })
) {
  Deno.test(`An open frame ${what} ends its request`, async () => {
    using link = new FrameLink(
      RememberingStreamHandler.moduleUrl,
      RememberingStreamHandler.name,
      (batch) => {
        if (batch[4] === FrameType.open) spoil(batch);
        return [batch];
      },
    );
    await link.start();
    const client = new MemoryConnection([], false);
    await assertVictimEnds(link.handle(client));
    assertEquals(link.channel.size, 0);
    client.close();
  });
}

Deno.test("NearSide ignores frames of requests that have ended", async () => {
  using link = new FrameLink(
    RememberingStreamHandler.moduleUrl,
    RememberingStreamHandler.name,
  );
  await link.start();
  await echo(link, "the first");
  for (const type of [...Object.values(FrameType), 99]) {
    if (type !== FrameType.ready && type !== FrameType.shutdown) {
      inject(link, "near", victimFrame(type, NO_JSON));
    }
    if (type !== FrameType.open) {
      inject(link, "far", victimFrame(type, NO_JSON));
    }
  }
  await echo(link, "the second");
  assertEquals(link.channel.size, 0);
  assertEquals(link.faults, []);
});

Deno.test("FarSide ignores a stop for all that cannot be read", async () => {
  using link = new FrameLink(
    RememberingStreamHandler.moduleUrl,
    RememberingStreamHandler.name,
  );
  await link.start();
  const client = new MemoryConnection([encoder.encode("1")], false);
  const handled = link.handle(client);
  for (const payload of [NO_JSON, NO_END, NOTHING, jsonPayload({})]) {
    link.sendToFar(frameBytes(FrameType.stop, 0, payload));
  }
  await deadline(link.sidesReached(), LIMIT_MS);
  client.halfClose();
  await deadline(handled, LIMIT_MS);
  assertEquals(client.output, encoder.encode("1"));
  assertEquals(link.faults, []);
});

Deno.test("NearSide.ready rejects for a ready frame that is no JSON", async () => {
  const channel = new NearSide(() => {}, {
    onShutdown: () => {},
    onFault: () => {},
  });
  channel.push(frameBytes(FrameType.ready, 0, NO_JSON));
  await assertRejects(
    () => deadline(channel.ready, LIMIT_MS),
    RemoteProtocolError,
  );
});
