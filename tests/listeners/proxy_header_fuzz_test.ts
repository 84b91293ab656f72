import { assert, assertEquals, assertInstanceOf } from "@std/assert";
import { concat } from "@std/bytes/concat";
import { AsyncTCPServer, ProxyHeaderError } from "@socketserver/socketserver";
import { ProxyHandshake } from "../../src/listeners/proxy_handshake.ts";
import { ErrorRecord } from "../fixtures/error_record.ts";
import { PipeEchoHandler } from "../fixtures/handlers/pipe_echo_handler.ts";
import { ProxiedClient } from "../fixtures/proxied_client.ts";
import {
  latin1,
  part,
  unixBlock,
  V1_LINE,
  v2Header,
} from "../fixtures/proxy_headers.ts";
import {
  forEachSeed,
  type Random,
  randomBytes,
} from "../fixtures/seeded_cases.ts";
import { until } from "../fixtures/until.ts";

const IN_MEMORY = 100_000;
const OVER_SOCKETS = 2000;
const AT_ONCE = 50;
const LONGEST_HEADER = 536;
const PEER = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;

/** Right headers of each version, and what follows them. */
const SAMPLES = {
  "1": [
    V1_LINE,
    "PROXY TCP6 2001:db8::1 ::ffff:192.0.2.1 1 65535\r\n",
    "PROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n",
    "PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n",
  ].map((line) => latin1(`${line}PROXY\r\nhello\r\n`)),
  "2": [
    v2Header({ parts: part(4, new Uint8Array(20)) }),
    v2Header({ kind: 0x21, block: new Uint8Array(36).fill(7) }),
    v2Header({ kind: 0x31, block: unixBlock("/run/client", "\0abstract") }),
    v2Header({ command: 0x20, kind: 0, block: new Uint8Array() }),
  ].map((header) => concat([header, latin1("\r\n\r\nhello\r\n")])),
};

/** Nonsense that begins rightly, or a right header that is changed and cut. */
function hostile(
  random: Random,
  samples: Uint8Array<ArrayBuffer>[],
): Uint8Array<ArrayBuffer> {
  const sample = samples[random(samples.length)]!;
  if (random(4) === 0) {
    const start = sample.subarray(0, random(17));
    return concat([start, randomBytes(random, 700)]);
  }
  const bytes = sample.slice(0, random(3) > 0 ? undefined : random(60));
  for (let left = random(4); left > 0 && bytes.length > 0; left--) {
    bytes[random(bytes.length)] = random(256);
  }
  return bytes;
}

/** Stands in for a connection: gives bytes in pieces, and counts them. */
class PiecemealConnection implements Partial<Deno.Conn> {
  readonly remoteAddr = PEER;
  readonly localAddr = PEER;
  readonly #bytes: Uint8Array;
  readonly #random: Random;
  taken = 0;

  constructor(bytes: Uint8Array, random: Random) {
    this.#bytes = bytes;
    this.#random = random;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    const left = this.#bytes.length - this.taken;
    if (left === 0) return Promise.resolve(null);
    const wanted = this.#random(3) > 0 ? left : 1 + this.#random(left);
    const count = Math.min(wanted, buffer.length);
    buffer.set(this.#bytes.subarray(this.taken, this.taken + count));
    this.taken += count;
    return Promise.resolve(count);
  }

  write(): Promise<number> {
    return Promise.resolve(0);
  }
}

/** Asks for a header; where it is right, asserts that all after it is left. */
async function assertAskedRight(
  handshake: ProxyHandshake,
  bytes: Uint8Array,
  random: Random,
): Promise<void> {
  const connection = new PiecemealConnection(bytes, random);
  const { taken, ready } = await handshake
    .ask(connection as Partial<Deno.Conn> as Deno.Conn)
    .then((ready) => ({ ready, taken: connection.taken }), (error) => {
      assertInstanceOf(error, ProxyHeaderError);
      return { ready: null, taken: connection.taken };
    });
  assert(taken <= LONGEST_HEADER, `${taken}`);
  if (ready === null) return;
  const end = bytes[0] === 0x50
    ? new TextDecoder("latin1").decode(bytes).indexOf("\r\n") + 2
    : 16 + (bytes[14]! << 8 | bytes[15]!);
  const rest = new Uint8Array(bytes.length + 1);
  let length = 0;
  for (let count; (count = await ready.read(rest.subarray(length)));) {
    length += count;
  }
  assertEquals(rest.subarray(0, length), bytes.subarray(end));
}

for (const [version, samples] of Object.entries(SAMPLES)) {
  Deno.test(`ProxyHandshake.ask() takes no harm from 100 000 strings like version ${version}`, async () => {
    const handshake = new ProxyHandshake({
      trust: [PEER.hostname],
      headerTimeout: null,
    });
    await forEachSeed(IN_MEMORY, async (random) => {
      await assertAskedRight(handshake, hostile(random, samples), random);
    });
  });

  Deno.test(`AsyncTCPServer lets go of 2000 clients whose headers are like version ${version}`, async () => {
    await using server = new AsyncTCPServer(
      { hostname: PEER.hostname, port: 0 },
      PipeEchoHandler,
      { proxyProtocol: { trust: [PEER.hostname], headerTimeout: 3600 } },
    );
    const record = new ErrorRecord(server);
    const serving = server.serveForever();
    const clients = new Set<Promise<void>>();
    await forEachSeed(OVER_SOCKETS, async (random) => {
      const client = sendAndEnd(server, hostile(random, samples))
        .finally(() => clients.delete(client));
      clients.add(client);
      if (clients.size >= AT_ONCE) await Promise.race(clients);
    });
    await Promise.all(clients);

    using honest = await ProxiedClient.connect(server);
    await honest.send(V1_LINE + "hello");
    assertEquals(await honest.received(5), "hello");
    await until(() => server.stats.active === 1);
    for (const error of record.errors) {
      assertInstanceOf(error, ProxyHeaderError);
    }
    await honest.end();
    await server.serverClose();
    await serving;
  });
}

/** Has a client send bytes, and waits until the server ends its connection. */
async function sendAndEnd(
  server: AsyncTCPServer,
  bytes: Uint8Array,
): Promise<void> {
  using client = await ProxiedClient.connect(server);
  try {
    await client.send(bytes);
    await client.end();
  } catch (error) {
    // It was refused while it sent.
    const isRefused = error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.ConnectionReset ||
      error instanceof Deno.errors.NotConnected;
    if (!isRefused) throw error;
    await client.rest();
  }
}
